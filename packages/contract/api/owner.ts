import * as z from "zod/mini";
import { limits } from "../limits.ts";
import type { RouteName } from "../routes.ts";
import { ListedErasure, storableText } from "../schemas.ts";
import type { Endpoint } from "./endpoint.ts";
import { count, erasureOutput, nextCursor, page } from "./sharedFields.ts";

export const ownerRoutes = {
  createToken: {
    summary:
      "A token for the page of one of a product's users. Takes a service key only, and stops with that key.",
    body: () =>
      z.strictObject({
        owner: storableText(1, limits.subject_chars).check(
          z.describe("The product's own id of the user: `sub` of the token."),
        ),
        name: z
          .optional(storableText(0, limits.name_chars))
          .check(z.describe("The user's name, for display only.")),
        expires_in: z
          ._default(
            z.int().check(z.gte(1), z.lte(limits.page_token_seconds)),
            limits.page_token_seconds,
          )
          .check(z.describe("In seconds.")),
      }),
    output: () => z.object({ token: z.string(), expires_at: z.iso.datetime() }),
    status: 201,
  },
  getOwner: {
    summary:
      "What the caller uses, and its limits. A linked Telegram account counts for itself, not for the caller.",
    output: () =>
      z.object({
        owner: z.string().check(z.describe("The caller: `sub` of its token.")),
        usage: z.object({
          images: count().check(z.describe("Published images, of every platform.")),
          stored_bytes: count().check(
            z.describe("Of published images and portraits, with their smaller copies."),
          ),
          generated_characters: count().check(
            z.describe("In the last hour, with new portraits of characters."),
          ),
          outstanding_uploads: count().check(
            z.describe("Pending uploads whose URL has not expired."),
          ),
          outstanding_upload_bytes: count(),
          live_upload_urls: count().check(
            z.describe("URLs that have not expired, whatever became of their uploads."),
          ),
          datasets: count(),
          started_exports: count().check(z.describe("Of datasets, in the last 24 hours.")),
          started_owner_exports: count().check(z.describe("Of everything, in the last 24 hours.")),
        }),
        limits: z
          .object({
            images: z.nullable(count()),
            stored_bytes: z.nullable(count()),
            generated_characters: count(),
            outstanding_uploads: count(),
            outstanding_upload_bytes: count(),
            live_upload_urls: count(),
            datasets: count(),
            dataset_items: count().check(z.describe("Images of one dataset.")),
            started_exports: count(),
            started_owner_exports: count(),
            files: z
              .object({
                image_bytes: count(),
                image_side_min_px: count(),
                image_side_px: count(),
                image_pixels: count(),
                jpeg_pixels: count(),
                avif_pixels: count(),
                portrait_bytes: count(),
                portrait_side_px: count(),
              })
              .check(
                z.describe(
                  "What one file may have. `image_pixels` holds for all but JPEG and AVIF; portraits are those sent in base64.",
                ),
              ),
          })
          .check(z.describe("The most of each that is used; null without a limit.")),
      }),
    status: 200,
  },
  eraseOwner: {
    summary: "Deletes all data of the caller, linked Telegram accounts included.",
    output: erasureOutput,
    status: 202,
  },
  listErasures: {
    summary:
      "What was erased of the caller, newest first: what it deleted, and what was removed by itself, such as the files of expired exports.",
    // a place is a UUID and a time: 32 bytes
    query: () => z.object(page(43)),
    output: () => z.object({ erasures: z.array(ListedErasure()), next_cursor: nextCursor() }),
    status: 200,
  },
  getErasure: {
    summary: "The progress of a deletion.",
    path: () => z.strictObject({ erasure_id: z.uuid() }),
    output: erasureOutput,
    status: 200,
  },
} as const satisfies { [Name in RouteName]?: Endpoint };
