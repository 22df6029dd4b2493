import * as z from "zod/mini";
import { DatasetWarning } from "./api/datasets.ts";
import { everything, exportLayouts } from "./exportLayouts.ts";
import { lazy } from "./schemas.ts";

/** Why an export has failed: codes that the API's errors have too. */
const exportErrorCodes = [
  "image.deleted",
  "image.damaged",
  "image.bad_dimensions",
  "image.too_complex",
  "export.failed",
] as const;
export type ExportErrorCode = (typeof exportErrorCodes)[number];

const exportStatuses = ["pending", "ready", "failed", "expired"] as const;

const ExportFile = lazy(() =>
  z
    .object({
      url: z
        .url()
        .check(z.describe("Valid for 30 to 60 minutes: get the export again for another.")),
      filename: z.string(),
      bytes: z.int(),
      sha256: z.string().check(z.describe("In lower-case hex.")),
    })
    .check(
      z.meta({
        id: "ExportFile",
        description:
          "A zip of at most 300 pictures, control images included, or 2,000 of an export of everything.",
      }),
    ),
);

export const Export = lazy(() =>
  z
    .object({
      export_id: z.uuid(),
      dataset_id: z
        .nullable(z.uuid())
        .check(z.describe("Null once the dataset is deleted, and of an export of everything.")),
      name: z.string().check(z.describe("That of the dataset when the export was requested.")),
      layout: z
        .enum([...exportLayouts, everything])
        .check(z.describe("`everything` holds all that its owner has.")),
      options: z.object({
        repeats: z.optional(z.int()),
        class: z.optional(z.string()),
        size: z.optional(z.int()),
      }),
      status: z
        .enum(exportStatuses)
        .check(
          z.describe(
            "`expired` from 24 hours after it was ready, when its files are removed. An export is listed for a week.",
          ),
        ),
      error: z
        .nullable(z.object({ code: z.enum(exportErrorCodes), message: z.string() }))
        .check(
          z.describe(
            "Why it has failed: `image.deleted` when one of its images was deleted, or a world that it holds.",
          ),
        ),
      items: z
        .int()
        .check(
          z.describe(
            "Images of the dataset, without their control images; images and portraits of an export of everything.",
          ),
        ),
      files: z
        .array(ExportFile())
        .check(z.describe("None until the export is ready, and none in an event.")),
      warnings: z
        .array(DatasetWarning())
        .check(z.describe("Those of the dataset when the export was requested.")),
      created_at: z.iso.datetime(),
      expires_at: z.nullable(z.iso.datetime()).check(z.describe("Null until it is ready.")),
    })
    .check(
      z.meta({
        id: "Export",
        description:
          "A copy of a dataset as it was when it was requested, for one trainer; or of everything that its owner has.",
      }),
    ),
);
export type Export = z.infer<ReturnType<typeof Export>>;
