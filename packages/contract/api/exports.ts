import * as z from "zod/mini";
import { defaultRepeats, exportLayouts } from "../exportLayouts.ts";
import { Export } from "../exportSchemas.ts";
import { limits } from "../limits.ts";
import type { RouteName } from "../routes.ts";
import { lineOfText } from "../schemas.ts";
import type { Endpoint } from "./endpoint.ts";

const datasetPath = () => z.strictObject({ dataset_id: z.uuid() });
const exportPath = () => z.strictObject({ export_id: z.uuid() });
const onlyKohya = "Leave it out: only the layout kohya has it";
const exportOutput = () => z.object({ export: Export() });

export const exportRoutes = {
  createExport: {
    summary:
      "Begins an export of a dataset as it is now. 200 with the ready export that has the same content, if there is one; a repeated request gets the running one.",
    path: datasetPath,
    body: () =>
      z
        .strictObject({
          layout: z
            .enum(exportLayouts)
            .check(
              z.describe(
                "`pairs`: images with captions beside them. `kohya`: a folder named by repeats, trigger word and class. `imagefolder`: Hugging Face's, with a metadata.jsonl. `control`: pairs of images in two folders.",
              ),
            ),
          repeats: z
            .optional(z.int().check(z.gte(1), z.lte(limits.export_repeats)))
            .check(z.describe(`Of \`kohya\` only; ${defaultRepeats} by default.`)),
          class: z
            .optional(lineOfText(limits.export_class_chars))
            .check(
              z.describe(
                "What the trigger word is one of, such as `person`. Of `kohya` only; it is the caption of images without one, too.",
              ),
            ),
          size: z
            .optional(z.int().check(z.gte(limits.export_side_min_px), z.lte(limits.export_side_px)))
            .check(z.describe("Makes larger images smaller, to at most this many pixels a side.")),
        })
        .check(
          z.superRefine(({ layout, ...options }, context) => {
            if (layout === "kohya") return;
            for (const option of ["repeats", "class"] as const)
              if (options[option] !== undefined)
                context.addIssue({ code: "custom", message: onlyKohya, path: [option] });
          }),
        ),
    output: exportOutput,
    status: 202,
    instead: {
      status: 200,
      when: ({ export: { status } }: { export: Export }) => status === "ready",
    },
  },
  exportOwner: {
    summary:
      "Begins an export of everything that the caller has, linked Telegram accounts included: published images as they are, portraits, and their texts. 200 with the ready one when nothing has changed since; a repeated request gets the running one.",
    output: exportOutput,
    status: 202,
    instead: {
      status: 200,
      when: ({ export: { status } }: { export: Export }) => status === "ready",
    },
  },
  listOwnerExports: {
    summary: "The exports of everything in the past week, newest first.",
    output: () => z.object({ exports: z.array(Export()) }),
    status: 200,
  },
  listExports: {
    summary: "The exports of a dataset in the past week, newest first.",
    path: datasetPath,
    output: () => z.object({ exports: z.array(Export()) }),
    status: 200,
  },
  getExport: {
    summary: "One export, with URLs of its files once it is ready.",
    path: exportPath,
    output: exportOutput,
    status: 200,
  },
  deleteExport: {
    summary: "Cancels an export that is running, or removes its files.",
    path: exportPath,
    output: () => z.undefined(),
    status: 204,
  },
} as const satisfies { [Name in RouteName]?: Endpoint };
