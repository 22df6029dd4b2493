import * as z from "zod/mini";
import { limits } from "../limits.ts";
import type { RouteName } from "../routes.ts";
import { Image } from "../schemas.ts";
import { uploadTypes } from "../uploadTypesAndHeaders.ts";
import type { Endpoint } from "./endpoint.ts";
import { ofSentImage } from "./sharedFields.ts";

export const uploadRoutes = {
  presignUpload: {
    summary: "Starts an upload: returns a URL to PUT exactly this file to, once, within 5 minutes.",
    body: () =>
      z.strictObject({
        content_type: z.enum(uploadTypes),
        size: z.int().check(z.gte(1), z.lte(limits.image_bytes), z.describe("In bytes.")),
        sha256: z
          .string()
          .check(z.regex(/^[0-9a-f]{64}$/), z.describe("Of the file, in lower-case hex.")),
        ...ofSentImage(
          "Answers 200 with the caller's published image of the same file and visibility, if there is one: nothing is sent then. Its file name stays.",
        ),
      }),
    output: () =>
      z.object({
        upload_id: z.uuid(),
        url: z.url(),
        method: z.literal("PUT"),
        headers: z
          .record(z.string(), z.string())
          .check(z.describe("Send exactly these with the PUT.")),
        url_expires_at: z.iso.datetime(),
        expires_at: z.iso.datetime().check(z.describe("Complete the upload before this time.")),
      }),
    status: 201,
    instead: {
      status: 200,
      when: (output: object) => "image" in output,
      output: () => z.object({ image: Image() }),
    },
  },
  completeUpload: {
    summary:
      "Checks the uploaded file and publishes a sanitized copy. Safe to repeat; 503 when the file could not be read whole.",
    path: () => z.strictObject({ upload_id: z.uuid() }),
    output: () => z.object({ image: Image() }),
    status: 200,
  },
  cancelUpload: {
    summary:
      "Cancels an upload that is not published: it no longer counts as pending, and what arrived is erased once its URL has expired. Safe to repeat.",
    path: () => z.strictObject({ upload_id: z.uuid() }),
    output: () => z.undefined(),
    status: 204,
  },
} as const satisfies { [Name in RouteName]?: Endpoint };
