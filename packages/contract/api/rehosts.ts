import * as z from "zod/mini";
import { attachmentPattern } from "../discordOrigins.ts";
import { limits } from "../limits.ts";
import { sourceUrlPattern } from "../rehostHosts.ts";
import type { RouteName } from "../routes.ts";
import { Image, keepPrompt, storableText, telegramFile, visibility } from "../schemas.ts";
import type { Endpoint } from "./endpoint.ts";
import { flag } from "./sharedFields.ts";

export const rehostRoutes = {
  rehostImage: {
    summary:
      "Re-hosts an image from another platform, or of a URL: 202 while it is fetched, 200 when published. The same file again is the same image: under any signature of its URL at the hosts of the default list, S3, R2, CloudFront, Azure and Google Cloud Storage, and elsewhere with the same `ref`. One that was rejected gets a new image_id when it is sent again with another URL or message. The same URL is tried again a minute after an attempt that could not fetch it.",
    query: () =>
      z.object({
        wait: flag(
          "Works on the image for up to 25 seconds before it answers, with 200 when that was enough; on at most 10 images of an owner at a time. An image that can never be published is then an error.",
          ["true", ""],
        ),
      }),
    body: () =>
      z.strictObject({
        source: z.discriminatedUnion("platform", [
          z.strictObject({ platform: z.literal("telegram"), ...telegramFile() }),
          z.strictObject({
            platform: z.literal("discord"),
            url: storableText(1, limits.source_url_chars).check(
              z.meta({ pattern: attachmentPattern }),
            ),
          }),
          z.strictObject({
            platform: z.literal("url"),
            url: storableText(1, limits.source_url_chars).check(
              z.meta({
                pattern: sourceUrlPattern,
                description:
                  "An https URL of a host that `GET /rehosts/hosts` lists, without port and credentials. Its image is kept, the URL only until then.",
              }),
            ),
            ref: z
              .optional(storableText(1, limits.source_ref_chars))
              .check(
                z.describe(
                  "The caller's own name for the image, such as the provider's id of it: what has the same is the same image, whatever its URL. By default the URL without its signature.",
                ),
              ),
          }),
        ]),
        visibility: visibility(),
        keep_prompt: keepPrompt(),
      }),
    output: () => z.object({ image: Image() }),
    status: 202,
    instead: { status: 200, when: ({ image }: { image: Image }) => image.status === "published" },
  },
  listRehostHosts: {
    summary:
      "The hosts that images can be re-hosted from by URL. `*.` stands for every subdomain, and not for the domain itself.",
    output: () => z.object({ hosts: z.array(z.string()) }),
    status: 200,
  },
} as const satisfies { [Name in RouteName]?: Endpoint };
