import { en } from "zod/locales";
import * as z from "zod/mini";
import { limits } from "./limits.ts";
import { detailsProblems, isStorable } from "./storableText.ts";

// without a locale, every message of zod/mini is "Invalid input"
z.config(en());

const pieceTypes = ["character", "faction", "setting", "event", "relic"] as const;
const portraitStatuses = ["none", "pending", "published", "rejected", "failed"] as const;

/** Why a portrait was not generated. */
export const portraitErrors = ["timeout", "refused", "failed"] as const;

/** What Keepsake writes to `details` when a portrait is published. */
const publishedKeys = ["image_portrait", "image_portrait_variants"] as const;

const onlyCharacters = "Only a character can have a portrait: leave it out";

/** A smaller copy of a published picture, as WebP. Its URL is permanent. Width and height in pixels. */
export const Variant = lazy(() =>
  z
    .object({ width: z.int(), height: z.int(), url: z.url() })
    .check(z.meta({ id: "Variant", description: "A smaller copy of the picture, as WebP." })),
);
export type Variant = z.infer<ReturnType<typeof Variant>>;

/**
 * A JSON object of the caller's. Keepsake uses `image_portrait`, `image_portrait_variants` and
 * `image_portrait_base64` in it.
 */
export const Details = lazy(() => jsonObject().check(z.meta({ id: "Details" })));
export type Details = z.infer<ReturnType<typeof Details>>;

/** What the document says of the schemas with these ids is in `openapi/schemaRules.ts`. */
const DraftDetails = lazy(() =>
  jsonObject().check(z.meta({ id: "DraftDetails", outputId: "GeneratedDetails" })),
);

/** `details` of a piece that exists: the caller's keys, without those that Keepsake writes. */
const ChangedDetails = lazy(() =>
  jsonObject().check(
    z.superRefine((details, context) => {
      for (const message of detailsProblems(details))
        context.addIssue({ code: "custom", message, path: [] });
      for (const ours of [...publishedKeys, "image_portrait_base64"])
        if (ours in details)
          context.addIssue({
            code: "custom",
            message: "Leave it out: the portrait stays as it is",
            path: [ours],
          });
    }),
    z.meta({ id: "ChangedDetails" }),
  ),
);

/** What may be changed of a piece. */
export const pieceChanges = () => ({
  name: z.optional(storableText(1, limits.name_chars)),
  description: z.optional(storableText(0, limits.description_chars)),
  details: z.optional(ChangedDetails()),
});

/** The base64 of a portrait, which is decoded and checked later. */
export const PortraitBase64 = lazy(() =>
  storableText(0, limits.pieces_body_bytes).check(z.meta({ id: "PortraitBase64" })),
);

/** The base64 of an image, which is decoded and checked later. */
export const ImageBase64 = lazy(() =>
  storableText(0, limits.image_body_bytes).check(z.meta({ id: "ImageBase64" })),
);

/** `details` that no piece holds yet, within the limits of a piece's. Its portrait is not counted. */
export const LimitedDetails = lazy(() =>
  jsonObject().check(
    z.superRefine(({ image_portrait_base64: _, ...details }, context) => {
      for (const message of detailsProblems(details))
        context.addIssue({ code: "custom", message, path: [] });
    }),
    z.meta({ id: "RepaintDetails" }),
  ),
);

export const PieceDraft = lazy(() =>
  z
    .strictObject({
      type: z.enum(pieceTypes),
      name: storableText(1, limits.name_chars),
      description: storableText(0, limits.description_chars),
      details: DraftDetails(),
      portrait_image_id: z
        .optional(z.uuid())
        .check(z.describe("One of the caller's published images, to make the portrait from.")),
      portrait_error: z
        .optional(z.enum(portraitErrors))
        .check(z.describe("Why a generated character has no portrait. Accepted, but not stored.")),
    })
    .check(
      z.superRefine((piece, context) => {
        const { image_portrait_base64: portrait, ...details } = piece.details;
        const reject = (message: string, ...path: string[]) =>
          context.addIssue({ code: "custom", message, path: ["details", ...path] });

        for (const problem of detailsProblems(details)) reject(problem);
        for (const ours of publishedKeys)
          if (ours in details)
            reject("Leave it out: it is set when the portrait is published", ours);
        if (piece.portrait_image_id !== undefined && piece.type !== "character")
          context.addIssue({
            code: "custom",
            message: onlyCharacters,
            path: ["portrait_image_id"],
          });
        if (portrait === undefined) return;
        if (piece.portrait_image_id !== undefined)
          reject("Send either image_portrait_base64 or portrait_image_id", "image_portrait_base64");
        if (piece.type !== "character") reject(onlyCharacters, "image_portrait_base64");
        else if (typeof portrait !== "string")
          reject("Send the image as a base64 string", "image_portrait_base64");
      }),
      z.meta({
        id: "PieceDraft",
        outputId: "GeneratedCharacter",
        description:
          "A piece as `POST /characters` returns it. `details.image_portrait_base64` holds its portrait.",
      }),
    ),
);
export type PieceDraft = z.infer<ReturnType<typeof PieceDraft>>;

export const Piece = lazy(() =>
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
        .check(z.describe("Why there is no portrait, or not yet.")),
    })
    .check(z.meta({ id: "Piece" })),
);
export type Piece = z.infer<ReturnType<typeof Piece>>;

/** The picture of a world: one of its owner's public images. */
const WorldImage = lazy(() =>
  z
    .object({
      image_id: z.uuid(),
      url: z.url().check(z.describe("Permanent.")),
      width: z.int(),
      height: z.int(),
      thumbhash: z.nullable(z.string()).check(z.describe("A ThumbHash placeholder in base64.")),
      variants: z
        .array(Variant())
        .check(
          z.describe("Smaller copies, narrowest first; none of an image that is narrow itself."),
        ),
      alt: z.nullable(z.string()),
    })
    .check(z.meta({ id: "WorldImage", description: "The picture of a world." })),
);

const worldFields = () => ({
  world_id: z.uuid(),
  theme: z.string(),
  title: z.nullable(z.string()),
  story: z.nullable(z.string()),
  image: z.nullable(WorldImage()),
  created_at: z.iso.datetime(),
});

const shownPortrait = () => ({
  url: z.url().check(z.describe("Permanent.")),
  variants: z
    .array(Variant())
    .check(z.describe("Smaller copies, and the portrait itself as the last.")),
});

export const WorldSummary = lazy(() =>
  z
    .object({
      ...worldFields(),
      piece_count: z.int(),
      portrait_count: z.int().check(z.describe("Portraits that are shown.")),
      pending_portraits: z.int(),
      cover: z
        .array(z.object(shownPortrait()))
        .check(z.describe("The first portraits, at most 4.")),
      has_page: z.boolean().check(z.describe("Whether its public page is on.")),
    })
    .check(z.meta({ id: "WorldSummary" })),
);
export type WorldSummary = z.infer<ReturnType<typeof WorldSummary>>;

/** The public page of a world. */
export const WorldPage = lazy(() =>
  z
    .object({
      page_id: z
        .string()
        .check(z.describe("Random: another one each time the page is switched on.")),
      url: z.url(),
    })
    .check(z.meta({ id: "WorldPage", description: "The page that shows a world to anyone." })),
);
export type WorldPage = z.infer<ReturnType<typeof WorldPage>>;

export const World = lazy(() =>
  z
    .object({ ...worldFields(), page: z.nullable(WorldPage()), pieces: z.array(Piece()) })
    .check(z.meta({ id: "World" })),
);
export type World = z.infer<ReturnType<typeof World>>;

export const Portrait = lazy(() =>
  z
    .object({
      version: z.int(),
      ...shownPortrait(),
      is_current: z.boolean(),
      erased_after: z
        .nullable(z.iso.datetime())
        .check(z.describe("Until then it can be brought back. Null for the current one.")),
    })
    .check(z.meta({ id: "Portrait", description: "A version of a character's portrait." })),
);
export type Portrait = z.infer<ReturnType<typeof Portrait>>;

export const platforms = ["web", "telegram", "discord", "url", "base64"] as const;
export const visibilities = ["public", "private"] as const;
const imageStatuses = ["pending", "published", "rejected", "failed"] as const;

export const Image = lazy(() =>
  z
    .object({
      image_id: z.uuid(),
      platform: z.enum(platforms),
      visibility: z.enum(visibilities),
      status: z.enum(imageStatuses),
      url: z
        .nullable(z.url())
        .check(
          z.describe(
            "Set when the image is published. Permanent for a public image; for a private one valid for 30 to 60 minutes: get the image again for another.",
          ),
        ),
      content_type: z.nullable(z.string()),
      bytes: z.nullable(z.int()),
      width: z.nullable(z.int()),
      height: z.nullable(z.int()),
      sha256: z
        .nullable(z.string())
        .check(z.describe("Of the published bytes, in lower-case hex.")),
      thumbhash: z.nullable(z.string()).check(z.describe("A ThumbHash placeholder in base64.")),
      variants: z
        .array(Variant())
        .check(
          z.describe("Smaller copies, narrowest first; none of an image that is narrow itself."),
        ),
      rewritten: z
        .nullable(z.boolean())
        .check(
          z.describe(
            "Whether its pixels were encoded again. Null until it is published, and for images of earlier releases.",
          ),
        ),
      warnings: z
        .array(z.string())
        .check(
          z.describe("What was lost: `animation_dropped` when only the first frame is published."),
        ),
      filename: z.nullable(z.string()).check(z.describe("For display only.")),
      alt: z
        .nullable(z.string())
        .check(z.describe("What the image shows, for people who do not see it.")),
      caption: z.nullable(z.string()),
      tags: z.array(z.string()).check(z.describe("In lower case, each once.")),
      error: z.nullable(z.string()),
      created_at: z.iso.datetime(),
    })
    .check(z.meta({ id: "Image" })),
);
export type Image = z.infer<ReturnType<typeof Image>>;

const erasureFields = () => ({
  erasure_id: z.uuid(),
  objects: z.int().check(z.describe("Objects removed so far.")),
  bytes: z.int().check(z.describe("Total size of the removed objects.")),
  purge: z
    .nullable(z.enum(["confirmed", "not_configured", "failed"]))
    .check(
      z.describe(
        "`confirmed` when the CDN has removed every copy of every object; `failed` while a purge is repeated. Browsers may still hold theirs.",
      ),
    ),
  created_at: z.iso.datetime(),
  done_at: z
    .nullable(z.iso.datetime())
    .check(
      z.describe(
        "When the last removal and purge were done, at least 16 minutes after the deletion.",
      ),
    ),
});

export const Erasure = lazy(() => z.object(erasureFields()).check(z.meta({ id: "Erasure" })));
export type Erasure = z.infer<ReturnType<typeof Erasure>>;

/** What an erasure removed. */
const erasedSubjects = ["image", "world", "piece", "owner", "portrait", "export"] as const;

export const ListedErasure = lazy(() =>
  z
    .object({
      ...erasureFields(),
      subject: z
        .nullable(z.enum(erasedSubjects))
        .check(
          z.describe(
            "What was erased: `owner` is everything, `portrait` one that was replaced, `export` the files of one. Null when nothing had to be removed and it is not known.",
          ),
        ),
    })
    .check(z.meta({ id: "ListedErasure" })),
);
export type ListedErasure = z.infer<ReturnType<typeof ListedErasure>>;

/** Who can read an image: anyone who knows its URL, or its owner only. */
export const visibility = () =>
  z
    .optional(z.enum(visibilities))
    .check(
      z.describe(
        "`public` by default, and fixed from then on. A private image has no permanent URL.",
      ),
    );

/** What becomes of the prompt in a PNG. */
export const keepPrompt = () =>
  z
    .optional(z.boolean())
    .check(
      z.describe(
        "`true` by default: the text that an image generator wrote into a PNG as `parameters` becomes the caption when the image is published and has none, cut to 10,000 characters.",
      ),
    );

const jsonObject = () => z.record(z.string(), z.unknown());

/** How Telegram names a file. */
export const telegramFile = () => ({
  file_id: storableText(1, limits.telegram_file_id_chars),
  file_unique_id: storableText(1, limits.telegram_file_unique_id_chars),
});

export const theme = () => storableText(1, limits.theme_chars);

/** A whole number in a query, in decimal digits: `1e1` and `0x10` are none. The typed client sends a number. */
export const wholeNumber = (minimum: number, maximum: number) =>
  z.pipe(
    z
      .transform((sent: number | string) =>
        typeof sent === "string" && /^\d+$/.test(sent) ? Number(sent) : sent,
      )
      .check(z.meta({ type: "integer", minimum, maximum })),
    z.int().check(z.gte(minimum), z.lte(maximum)),
  );

/**
 * Text that Postgres can store, in text and in jsonb: every string from outside that is stored goes through
 * it. Lengths are in characters (Unicode code points), as in JSON Schema.
 */
export function storableText(minLength: number, maxLength: number) {
  return z
    .string()
    .check(
      z.minLength(minLength),
      maxCharacters(maxLength),
      z.refine(isStorable, "Remove the NUL character or unpaired surrogate"),
      z.meta({ maxLength, pattern: storablePattern }),
    );
}

/** Text that is stored, as a pattern with or without the flag `u`. */
const storablePattern = String.raw`^(?:[^\u0000\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])*$`;

/** A word or a name that is shown and written in one line, without the spaces around it. */
export function lineOfText(maxLength: number) {
  return z.string().check(
    maxCharacters(maxLength),
    z.refine(isStorable, { error: "Remove the NUL character or unpaired surrogate", abort: true }),
    z.refine(isOneLine, { error: "Remove the line breaks and control characters", abort: true }),
    z.refine((text) => text.trim() !== "", "Write something: this is blank"),
    z.trim(),
    z.meta({ minLength: 1, maxLength, pattern: linePattern }),
  );
}

const isOneLine = (text: string) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text);

/** Text in one line that is not blank, as a pattern with or without the flag `u`. */
const linePattern = (() => {
  const character = String.raw`(?:[^\u0000-\u001f\u007f-\u009f\u2028\u2029\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])`;
  return String.raw`^(?=.*\S)${character}*$`;
})();

const maxCharacters = (maximum: number) =>
  z.superRefine<string>((input, context) => {
    if (input.length <= maximum || hasAtMost(input, maximum)) return;
    context.addIssue({ code: "too_big", origin: "string", maximum, inclusive: true, input });
  });

function hasAtMost(text: string, maximum: number): boolean {
  let count = 0;
  for (const _ of text) {
    count += 1;
    if (count > maximum) return false;
  }
  return true;
}

/**
 * A schema that is created on first use: creating all of them would take half of a cold start, and a
 * function needs few. Unused schemas are not even bundled.
 */
/* @__NO_SIDE_EFFECTS__ */
export function lazy<Schema>(create: () => Schema): () => Schema {
  let schema: Schema | undefined;
  return () => {
    schema ??= create();
    return schema;
  };
}
