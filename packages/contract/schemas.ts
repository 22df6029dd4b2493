import { en } from "zod/locales";
import * as z from "zod/mini";
import { detailsProblems, isStorable } from "./json.ts";
import { limits } from "./limits.ts";

// without words of its own, all that zod/mini says is "Invalid input"
z.config(en());

export const pieceTypes = ["character", "faction", "setting", "event", "relic"] as const;
export const portraitStatuses = ["none", "pending", "published", "rejected", "failed"] as const;

/** Why a portrait was not painted. */
export const portraitErrors = ["timeout", "refused", "failed"] as const;

const onlyCharacters = "Only a character has a portrait";

/** A JSON object that belongs to the caller, but for `image_portrait` and `image_portrait_base64`. */
export const Details = once(() =>
  z.record(z.string(), z.unknown()).check(z.meta({ id: "Details" })),
);
export type Details = z.infer<ReturnType<typeof Details>>;

export const PieceDraft = once(() =>
  z
    .strictObject({
      type: z.enum(pieceTypes),
      name: text(1, limits.name_chars),
      description: text(0, limits.description_chars),
      details: Details(),
      portrait_image_id: z
        .optional(z.uuid())
        .check(z.describe("Makes the portrait of one of the caller's published images.")),
      portrait_error: z
        .optional(z.enum(portraitErrors))
        .check(z.describe("Why a generated character has no portrait. Accepted and dropped.")),
    })
    .check(
      z.superRefine((piece, context) => {
        const { image_portrait_base64: portrait, ...details } = piece.details;
        const refuse = (message: string, ...path: string[]) =>
          context.addIssue({ code: "custom", message, path: ["details", ...path] });

        for (const problem of detailsProblems(details)) refuse(problem);
        if ("image_portrait" in details)
          refuse("Leave it out: it is written when the portrait is published", "image_portrait");
        if (piece.portrait_image_id !== undefined && piece.type !== "character")
          context.addIssue({
            code: "custom",
            message: onlyCharacters,
            path: ["portrait_image_id"],
          });
        if (portrait === undefined) return;
        if (piece.portrait_image_id !== undefined)
          refuse("Send a portrait or portrait_image_id, not both", "image_portrait_base64");
        if (piece.type !== "character") refuse(onlyCharacters, "image_portrait_base64");
        else if (typeof portrait !== "string")
          refuse("Send the image as a base64 string", "image_portrait_base64");
      }),
      z.meta({
        id: "PieceDraft",
        description:
          "A piece as `POST /characters` answers it. `details.image_portrait_base64` holds a portrait.",
      }),
    ),
);
export type PieceDraft = z.infer<ReturnType<typeof PieceDraft>>;

export const Piece = once(() =>
  z
    .object({
      piece_id: z.uuid(),
      type: z.enum(pieceTypes),
      name: z.string(),
      description: z.string(),
      details: Details(),
      portrait_status: z.enum(portraitStatuses),
      portrait_error: z
        .nullable(z.string())
        .check(z.describe("Why there is no portrait, or none yet.")),
    })
    .check(z.meta({ id: "Piece" })),
);
export type Piece = z.infer<ReturnType<typeof Piece>>;

const summary = () => ({
  world_id: z.uuid(),
  theme: z.string(),
  title: z.nullable(z.string()),
  story: z.nullable(z.string()),
  created_at: z.iso.datetime(),
});

export const WorldSummary = once(() => z.object(summary()).check(z.meta({ id: "WorldSummary" })));
export type WorldSummary = z.infer<ReturnType<typeof WorldSummary>>;

export const World = once(() =>
  z.object({ ...summary(), pieces: z.array(Piece()) }).check(z.meta({ id: "World" })),
);
export type World = z.infer<ReturnType<typeof World>>;

export const platforms = ["web", "telegram", "discord"] as const;
export const imageStatuses = ["pending", "published", "rejected", "failed"] as const;

export const Image = once(() =>
  z
    .object({
      image_id: z.uuid(),
      platform: z.enum(platforms),
      status: z.enum(imageStatuses),
      url: z.nullable(z.url()).check(z.describe("Permanent, once the image is published.")),
      content_type: z.nullable(z.string()),
      bytes: z.nullable(z.int()),
      width: z.nullable(z.int()),
      height: z.nullable(z.int()),
      sha256: z.nullable(z.string()).check(z.describe("Of the published bytes, lower-case hex.")),
      thumbhash: z.nullable(z.string()).check(z.describe("A ThumbHash placeholder in base64.")),
      filename: z.nullable(z.string()).check(z.describe("For display only.")),
      error: z.nullable(z.string()),
      created_at: z.iso.datetime(),
    })
    .check(z.meta({ id: "Image" })),
);
export type Image = z.infer<ReturnType<typeof Image>>;

export const Erasure = once(() =>
  z
    .object({
      erasure_id: z.uuid(),
      objects: z.int().check(z.describe("Objects removed so far.")),
      bytes: z.int().check(z.describe("Their bytes.")),
      purge: z
        .nullable(z.enum(["confirmed", "not_configured", "failed"]))
        .check(z.describe("Whether the CDN forgot them. Browsers may keep a copy all the same.")),
      created_at: z.iso.datetime(),
      done_at: z
        .nullable(z.iso.datetime())
        .check(z.describe("When the last removal was done, at least 16 minutes later.")),
    })
    .check(z.meta({ id: "Erasure" })),
);
export type Erasure = z.infer<ReturnType<typeof Erasure>>;

export const theme = () => text(1, limits.theme_chars);

/** Text as Postgres can keep it. Length is in UTF-16 code units. */
export function text(min: number, max: number) {
  return z
    .string()
    .check(
      z.minLength(min),
      z.maxLength(max),
      z.refine(isStorable, "Contains a NUL character or half of a surrogate pair"),
    );
}

/**
 * A schema that is made when it is first asked for: making them all would take half of a cold start, and a
 * function needs few. What nobody asks for is not even bundled.
 */
/* @__NO_SIDE_EFFECTS__ */
export function once<Schema>(make: () => Schema): () => Schema {
  let made: Schema | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
