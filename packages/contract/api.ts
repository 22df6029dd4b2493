import * as z from "zod/mini";
import { type ErrorCode, statuses } from "./errors.ts";
import { limits } from "./limits.ts";
import { attachmentPattern } from "./platformHosts.ts";
import { sourceUrlPattern } from "./rehostHosts.ts";
import type { RouteName } from "./routes.ts";
import {
  Erasure,
  Image,
  ImageBase64,
  keepPrompt,
  LimitedDetails,
  lazy,
  Piece,
  PieceDraft,
  PortraitBase64,
  platforms,
  type portraitErrors,
  storableText,
  telegramFile,
  theme,
  visibility,
  World,
  WorldSummary,
  wholeNumber,
} from "./schemas.ts";
import { uploadTypes } from "./uploads.ts";

const pieces = () =>
  z.array(PieceDraft()).check(z.minLength(1), z.maxLength(limits.pieces_per_request));
const worldPath = () => z.strictObject({ world_id: z.uuid() });
const imagePath = () => z.strictObject({ image_id: z.uuid() });
const count = () => z.int().check(z.gte(0));
const erasureOutput = () => z.object({ erasure: Erasure() });
const page = () => ({
  limit: z._default(wholeNumber(1, limits.page_size), 50),
  cursor: z
    .optional(z.string().check(z.regex(/^[\w-]{32}$/)))
    .check(
      z.describe("`next_cursor` of the previous page: of the same list, with the same filters."),
    ),
});
const nextCursor = () =>
  z.nullable(z.string()).check(z.describe("The `cursor` of the next page; null after the last."));
/** A query parameter that is true or false; with an empty value among the true ones its name alone is true, too. */
const flag = (description: string, truthy: string[]) =>
  z.optional(z.union([z.boolean(), z.stringbool({ truthy, falsy: ["false"] })])).check(
    z.meta({
      description,
      override: ({ jsonSchema }: { jsonSchema: object }) =>
        Object.assign(
          jsonSchema,
          { anyOf: undefined },
          truthy.includes("")
            ? { type: "string", enum: ["", "true", "false"] }
            : { type: "boolean" },
        ),
    }),
  );
const time = () => z.optional(z.iso.datetime({ offset: true }));
const sentFilename = () =>
  z.optional(storableText(0, limits.sent_filename_chars)).check(z.describe("For display only."));

/** The fields of a request for characters, in one response or as a stream. */
const characterRequest = () => ({
  theme: theme(),
  count: z.int().check(z.gte(1), z.lte(limits.characters_per_request)),
  prompt: z.optional(storableText(1, limits.prompt_chars)),
  seed: z
    .optional(z.union([storableText(1, limits.seed_chars), z.int()]))
    .check(
      z.describe("The offline generators give the same characters for the same request and seed."),
    ),
  reference_image_id: z
    .optional(z.uuid())
    .check(z.describe("One of the caller's published images, to base the portraits on.")),
});

/**
 * The request and response of each route. A route without an entry here does not compile. Schemas are
 * created on use, so that a function creates only those of its own route.
 */
export const api = {
  generateCharacters: {
    summary: "Generates characters with portraits. Nothing is stored.",
    body: () => z.strictObject(characterRequest()),
    output: () => z.object({ characters: z.array(PieceDraft()) }),
    status: 200,
  },
  createWorld: {
    summary: "Saves a world with its pieces. Portraits are published within seconds.",
    body: () =>
      z.strictObject({
        theme: theme(),
        title: z.optional(storableText(1, limits.title_chars)),
        story: z.optional(storableText(1, limits.story_chars)),
        image_id: z
          .optional(z.uuid())
          .check(
            z.describe("One of the caller's published public images, as the world's picture."),
          ),
        pieces: pieces(),
      }),
    output: () => z.object({ world: World() }),
    status: 201,
  },
  listWorlds: {
    summary: "The caller's worlds, newest first, without their pieces.",
    query: () => z.object(page()),
    output: () => z.object({ worlds: z.array(WorldSummary()), next_cursor: nextCursor() }),
    status: 200,
  },
  getWorld: {
    summary: "One world with its pieces. Portraits are URLs, never base64.",
    path: worldPath,
    output: () => z.object({ world: World() }),
    status: 200,
  },
  updateWorld: {
    summary: "Changes a world. Fields that are left out stay; null clears.",
    path: worldPath,
    body: () =>
      z.strictObject({
        theme: z.optional(theme()),
        title: z.optional(z.nullable(storableText(1, limits.title_chars))),
        story: z.optional(z.nullable(storableText(1, limits.story_chars))),
        image_id: z
          .optional(z.nullable(z.uuid()))
          .check(
            z.describe("One of the caller's published public images, as the world's picture."),
          ),
      }),
    output: () => z.object({ world: World() }),
    status: 200,
  },
  addPieces: {
    summary: "Adds pieces to a world.",
    path: worldPath,
    body: () => z.strictObject({ pieces: pieces() }),
    output: () => z.object({ pieces: z.array(Piece()) }),
    status: 201,
  },
  replacePortrait: {
    summary: "Replaces a character's portrait. The old one stays until the new one is published.",
    path: () => z.strictObject({ world_id: z.uuid(), piece_id: z.uuid() }),
    body: () =>
      z
        .strictObject({
          image_portrait_base64: z.optional(PortraitBase64()),
          image_id: z.optional(z.uuid()),
        })
        .check(
          z.meta({ minProperties: 1, maxProperties: 1 }),
          z.refine(
            (sent) => (sent.image_portrait_base64 === undefined) !== (sent.image_id === undefined),
            "Send either image_portrait_base64 or image_id",
          ),
        ),
    output: () => z.object({ piece: Piece() }),
    status: 202,
  },
  deleteWorld: {
    summary:
      "Deletes a world. Its images are removed when the erasure is done. For an hour, a repeated request gets the same erasure, then 404.",
    path: worldPath,
    output: erasureOutput,
    status: 202,
  },
  presignUpload: {
    summary: "Starts an upload: returns a URL to PUT exactly this file to, once, within 5 minutes.",
    body: () =>
      z.strictObject({
        content_type: z.enum(uploadTypes),
        size: z.int().check(z.gte(1), z.lte(limits.image_bytes), z.describe("In bytes.")),
        sha256: z
          .string()
          .check(z.regex(/^[0-9a-f]{64}$/), z.describe("Of the file, in lower-case hex.")),
        filename: sentFilename(),
        visibility: visibility(),
        keep_prompt: keepPrompt(),
        reuse: z
          .optional(z.boolean())
          .check(
            z.describe(
              "Answers 200 with the caller's published image of the same file and visibility, if there is one: nothing is sent then. Its file name stays.",
            ),
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
  createImage: {
    summary: `Publishes an image that the request itself holds, of up to ${limits.sent_image_bytes / 1e6} MB. A larger one is uploaded.`,
    body: () =>
      z.strictObject({
        image_base64: ImageBase64(),
        filename: sentFilename(),
        visibility: visibility(),
        keep_prompt: keepPrompt(),
        reuse: z
          .optional(z.boolean())
          .check(
            z.describe(
              "Answers 200 with the caller's published image of the same bytes and visibility, if there is one. Its file name stays.",
            ),
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
      "The caller's images, newest first; with several filters, those that match all of them.",
    query: () =>
      z.object({
        ...page(),
        platform: z.optional(z.enum(platforms)),
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
      "Deletes an image. It is removed from the CDN when the erasure is done. 409 while portraits are made of it or it is the picture of a world. For an hour, a repeated request gets the same erasure, then 404.",
    path: imagePath,
    query: () =>
      z.object({
        force: flag(
          "Deletes the portraits that are made of the image too, and takes it from the worlds whose picture it is.",
          ["true"],
        ),
      }),
    output: erasureOutput,
    status: 202,
  },
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
  telegramRehost: {
    summary: "Telegram's webhook: receives an Update, with the secret that it was registered with.",
    body: () => z.looseObject({}).check(z.meta({ id: "Update" })),
    output: () => z.object({ ok: z.literal(true) }),
    status: 200,
  },
  linkTelegram: {
    summary: "A one-time link, valid for 10 minutes, that links a Telegram account to the caller.",
    output: () => z.object({ url: z.url(), expires_at: z.iso.datetime() }),
    status: 200,
  },
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
        }),
        limits: z
          .object({
            images: z.nullable(count()),
            stored_bytes: z.nullable(count()),
            generated_characters: count(),
            outstanding_uploads: count(),
            outstanding_upload_bytes: count(),
            live_upload_urls: count(),
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
  getErasure: {
    summary: "The progress of a deletion.",
    path: () => z.strictObject({ erasure_id: z.uuid() }),
    output: erasureOutput,
    status: 200,
  },
  openapi: {
    summary: "This document.",
    output: () => z.record(z.string(), z.unknown()),
    status: 200,
  },
  health: {
    summary:
      "Checks that the API and its database respond; `pending` when the database lacks a migration of this release.",
    output: () => z.object({ status: z.literal("ok"), migrations: z.enum(["applied", "pending"]) }),
    status: 200,
  },
} as const satisfies Record<RouteName, Endpoint>;

export type Endpoint = {
  summary: string;
  path?: () => z.ZodMiniObject;
  query?: () => z.ZodMiniObject;
  body?: () => z.ZodMiniObject;
  output: () => z.ZodMiniType;
  status: 200 | 201 | 202 | 204;
  /** Another status, for outputs that `when` accepts. They have the form of `output` unless they have their own. */
  instead?: { status: 200; when: (output: never) => boolean; output?: () => z.ZodMiniType };
};

type Api = typeof api;
type RequestParts<Name extends RouteName> = ReturnType<
  Extract<Api[Name][keyof Api[Name] & ("path" | "query" | "body")], () => z.ZodMiniObject>
>;
type Intersection<Union> = (Union extends unknown ? (part: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;

/** A route's path parameters, query and body in one object, as the verb receives them. */
export type Input<Name extends RouteName> = Intersection<z.output<RequestParts<Name>>>;
/** The same before validation, as a caller sends it. */
export type Sent<Name extends RouteName> = Intersection<z.input<RequestParts<Name>>>;
export type Output<Name extends RouteName> =
  | z.output<ReturnType<Api[Name]["output"]>>
  | OtherOutput<Api[Name]>;
type OtherOutput<Route> = Route extends { instead: { output: () => infer Schema } }
  ? z.output<Schema>
  : never;

/** A URL to PUT a file to, and what to send with it. */
export type PresignedUpload = z.output<ReturnType<Api["presignUpload"]["output"]>>;

/** The body of every error response. Its OpenAPI component is named `Refusal`. */
export const ErrorResponse = lazy(() =>
  z
    .object({
      error: z.object({
        code: z.enum(Object.keys(statuses) as [ErrorCode, ...ErrorCode[]]),
        message: z.string().check(z.describe("What to do next.")),
        details: z.optional(z.record(z.string(), z.unknown())),
        request_id: z.string(),
      }),
    })
    .check(z.meta({ id: "Refusal" })),
);

/** For a day, repeats of a request with the same key return the same ids. */
export const IdempotencyKey = lazy(() => z.string().check(z.regex(/^[\x21-\x7e]{1,255}$/)));

/** The body for `streamCharacters`: that of `POST /characters`, or a character that needs a new portrait. */
export const CharacterStreamRequest = lazy(() => {
  const request = characterRequest();
  return z.union([
    z.strictObject(request),
    z.strictObject({
      theme: request.theme,
      repaint: z.strictObject({
        name: storableText(1, limits.name_chars),
        description: storableText(0, limits.description_chars),
        details: LimitedDetails(),
      }),
      seed: request.seed,
      reference_image_id: request.reference_image_id,
    }),
  ]);
});
export type CharacterStreamRequest = z.infer<ReturnType<typeof CharacterStreamRequest>>;

/** An event of `streamCharacters`: a Server-Sent Event named by `type`. */
export type CharacterEvent =
  | { type: "character"; index: number; character: PieceDraft }
  | { type: "portrait"; index: number; image_portrait_base64: string }
  | { type: "portrait_error"; index: number; portrait_error: (typeof portraitErrors)[number] }
  | { type: "error"; error: z.infer<ReturnType<typeof ErrorResponse>>["error"] }
  | { type: "done" };
