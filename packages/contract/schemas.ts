import * as z from "zod";
import { detailsProblems, isStorable } from "./json.ts";
import { limits } from "./limits.ts";

export const pieceTypes = ["character", "faction", "setting", "event", "relic"] as const;
export const portraitStatuses = ["none", "pending", "published", "rejected", "failed"] as const;

/** Why a portrait was not painted. */
export const portraitErrors = ["timeout", "refused", "failed"] as const;

const onlyCharacters = "Only a character has a portrait";

/** A JSON object that belongs to the caller, but for `image_portrait` and `image_portrait_base64`. */
export const Details = z.record(z.string(), z.unknown()).meta({ id: "Details" });
export type Details = z.infer<typeof Details>;

export const PieceDraft = z
  .strictObject({
    type: z.enum(pieceTypes),
    name: text(1, limits.name_chars),
    description: text(0, limits.description_chars),
    details: Details,
    portrait_image_id: z
      .uuid()
      .optional()
      .meta({ description: "Makes the portrait of one of the caller's published images." }),
    portrait_error: z
      .enum(portraitErrors)
      .optional()
      .meta({ description: "Why a generated character has no portrait. Accepted and dropped." }),
  })
  .superRefine((piece, context) => {
    const { image_portrait_base64: portrait, ...details } = piece.details;
    const refuse = (message: string, ...path: string[]) =>
      context.addIssue({ code: "custom", message, path: ["details", ...path] });

    for (const problem of detailsProblems(details)) refuse(problem);
    if ("image_portrait" in details)
      refuse("Leave it out: it is written when the portrait is published", "image_portrait");
    if (piece.portrait_image_id !== undefined && piece.type !== "character")
      context.addIssue({ code: "custom", message: onlyCharacters, path: ["portrait_image_id"] });
    if (portrait === undefined) return;
    if (piece.portrait_image_id !== undefined)
      refuse("Send a portrait or portrait_image_id, not both", "image_portrait_base64");
    if (piece.type !== "character") refuse(onlyCharacters, "image_portrait_base64");
    else if (typeof portrait !== "string")
      refuse("Send the image as a base64 string", "image_portrait_base64");
  })
  .meta({
    id: "PieceDraft",
    description:
      "A piece as `POST /characters` answers it. `details.image_portrait_base64` holds a portrait.",
  });
export type PieceDraft = z.infer<typeof PieceDraft>;

export const Piece = z
  .object({
    piece_id: z.uuid(),
    type: z.enum(pieceTypes),
    name: z.string(),
    description: z.string(),
    details: Details,
    portrait_status: z.enum(portraitStatuses),
    portrait_error: z
      .string()
      .nullable()
      .meta({ description: "Why there is no portrait, or none yet." }),
  })
  .meta({ id: "Piece" });
export type Piece = z.infer<typeof Piece>;

export const WorldSummary = z
  .object({
    world_id: z.uuid(),
    theme: z.string(),
    title: z.string().nullable(),
    story: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: "WorldSummary" });
export type WorldSummary = z.infer<typeof WorldSummary>;

export const World = WorldSummary.extend({ pieces: z.array(Piece) }).meta({ id: "World" });
export type World = z.infer<typeof World>;

export const platforms = ["web", "telegram", "discord"] as const;
export const imageStatuses = ["pending", "published", "rejected", "failed"] as const;

export const Image = z
  .object({
    image_id: z.uuid(),
    platform: z.enum(platforms),
    status: z.enum(imageStatuses),
    url: z.url().nullable().meta({ description: "Permanent, once the image is published." }),
    content_type: z.string().nullable(),
    bytes: z.int().nullable(),
    width: z.int().nullable(),
    height: z.int().nullable(),
    sha256: z.string().nullable().meta({ description: "Of the published bytes, lower-case hex." }),
    thumbhash: z.string().nullable().meta({ description: "A ThumbHash placeholder in base64." }),
    filename: z.string().nullable().meta({ description: "For display only." }),
    error: z.string().nullable(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: "Image" });
export type Image = z.infer<typeof Image>;

export const Erasure = z
  .object({
    erasure_id: z.uuid(),
    objects: z.int().meta({ description: "Objects removed so far." }),
    bytes: z.int().meta({ description: "Their bytes." }),
    purge: z
      .enum(["confirmed", "not_configured", "failed"])
      .nullable()
      .meta({ description: "Whether the CDN forgot them. Browsers may keep a copy all the same." }),
    created_at: z.iso.datetime(),
    done_at: z.iso
      .datetime()
      .nullable()
      .meta({ description: "When the last removal was done, at least 16 minutes later." }),
  })
  .meta({ id: "Erasure" });
export type Erasure = z.infer<typeof Erasure>;

export const theme = text(1, limits.theme_chars);

/** Text as Postgres can keep it. Length is in UTF-16 code units. */
export function text(min: number, max: number) {
  return z
    .string()
    .min(min)
    .max(max)
    .refine(isStorable, "Contains a NUL character or half of a surrogate pair");
}
