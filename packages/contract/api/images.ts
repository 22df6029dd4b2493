import * as z from "zod/mini";
import { limits } from "../limits.ts";
import type { RouteName } from "../routes.ts";
import { Image, ImageBase64, platforms, storableText, visibilities } from "../schemas.ts";
import type { Endpoint } from "./endpoint.ts";
import { erasureOutput, flag, nextCursor, ofSentImage, page } from "./sharedFields.ts";

export const imageRoutes = {
  createImage: {
    summary: `Publishes an image that the request itself holds, of up to ${limits.sent_image_bytes / 1e6} MB. A larger one is uploaded.`,
    body: () =>
      z.strictObject({
        image_base64: ImageBase64(),
        ...ofSentImage(
          "Answers 200 with the caller's published image of the same bytes and visibility, if there is one. Its file name stays.",
        ),
      }),
    output: () => z.object({ image: Image() }),
    status: 201,
    instead: {
      status: 200,
      when: (output: object) => "reused" in output,
      output: () => z.object({ image: Image(), reused: z.literal(true) }),
    },
  },
  listImages: {
    summary:
      "The caller's images, newest first unless `order` says otherwise; with several filters, those that match all of them.",
    query: () =>
      z.object({
        ...page(),
        platform: z.optional(z.enum(platforms)),
        visibility: z.optional(z.enum(visibilities)),
        tag: z
          .optional(storableText(1, limits.tag_chars))
          .check(z.describe("Upper and lower case are the same.")),
        q: z
          .optional(storableText(1, limits.search_chars))
          .check(
            z.describe(
              "Words, or beginnings of words, that all are in the file name, the caption or the alt text. Words are separated by spaces and ASCII punctuation; upper and lower case are the same.",
            ),
          ),
        before: time().check(z.describe("Created before this time.")),
        after: time().check(z.describe("Created at this time or later.")),
        order: z
          .optional(z.enum(imageOrders))
          .check(z.describe("By creation; `newest` first by default.")),
      }),
    output: () => z.object({ images: z.array(Image()), next_cursor: nextCursor() }),
    status: 200,
  },
  getImage: {
    summary: "One image.",
    path: imagePath,
    output: () => z.object({ image: Image() }),
    status: 200,
  },
  updateImage: {
    summary: "Changes what is said about an image. Fields that are left out stay; null clears.",
    path: imagePath,
    body: () =>
      z.strictObject({
        alt: z.optional(z.nullable(storableText(0, limits.alt_chars))),
        caption: z.optional(z.nullable(storableText(0, limits.caption_chars))),
        tags: z
          .optional(
            z.nullable(
              z.array(storableText(1, limits.tag_chars)).check(z.maxLength(limits.tags_per_image)),
            ),
          )
          .check(z.describe("Replaces all tags. They are kept in lower case, each once.")),
        filename: z.optional(z.nullable(storableText(0, limits.sent_filename_chars))),
      }),
    output: () => z.object({ image: Image() }),
    status: 200,
  },
  deleteImage: {
    summary:
      "Deletes an image. It is removed from the CDN when the erasure is done. 409 while portraits are made of it, it is the picture of a world, or it is in a dataset. For an hour, a repeated request gets the same erasure, then 404.",
    path: imagePath,
    query: () =>
      z.object({
        force: flag(
          "Deletes the portraits that are made of the image too, and takes it from the worlds whose picture it is and out of the caller's datasets.",
          ["true"],
        ),
      }),
    output: erasureOutput,
    status: 202,
  },
} as const satisfies { [Name in RouteName]?: Endpoint };

const imageOrders = ["newest", "oldest"] as const;

function imagePath() {
  return z.strictObject({ image_id: z.uuid() });
}

function time() {
  return z.optional(z.iso.datetime({ offset: true }));
}
