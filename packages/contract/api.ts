import * as z from "zod/mini";
import { type ErrorCode, statuses } from "./errors.ts";
import { limits } from "./limits.ts";
import type { RouteName } from "./routes.ts";
import {
  Details,
  Erasure,
  Image,
  once,
  Piece,
  PieceDraft,
  type portraitErrors,
  text,
  theme,
  World,
  WorldSummary,
} from "./schemas.ts";
import { uploadTypes } from "./uploads.ts";

const pieces = () =>
  z.array(PieceDraft()).check(z.minLength(1), z.maxLength(limits.pieces_per_request));
const world = () => z.strictObject({ world_id: z.uuid() });
const image = () => z.strictObject({ image_id: z.uuid() });
const erasure = () => z.object({ erasure: Erasure() });
const page = () =>
  z.strictObject({
    limit: z._default(z.coerce.number().check(z.int(), z.gte(1), z.lte(limits.page_size)), 50),
    cursor: z.optional(z.uuid()).check(z.describe("`next_cursor` of the page before.")),
  });

/** What characters are made of, in one answer or as a stream. */
const characterRequest = () => ({
  theme: theme(),
  count: z.int().check(z.gte(1), z.lte(limits.characters_per_request)),
  prompt: z.optional(text(1, limits.prompt_chars)),
  seed: z
    .optional(z.union([text(1, limits.seed_chars), z.int()]))
    .check(z.describe("Offline, the same request with the same seed gives the same characters.")),
  reference_image_id: z
    .optional(z.uuid())
    .check(z.describe("One of the caller's published images, to paint the characters after.")),
});

/**
 * What each route takes and answers. A route without an entry here does not compile. Schemas are made
 * when they are asked for: a function starts with those of its own route.
 */
export const api = {
  generateCharacters: {
    summary: "Generates characters with portraits. Nothing is stored.",
    body: () => z.strictObject(characterRequest()),
    output: () => z.object({ characters: z.array(PieceDraft()) }),
    status: 200,
  },
  createWorld: {
    summary: "Saves a world with its pieces. Portraits follow within seconds.",
    body: () =>
      z.strictObject({
        theme: theme(),
        title: z.optional(text(1, limits.title_chars)),
        story: z.optional(text(1, limits.story_chars)),
        pieces: pieces(),
      }),
    output: () => z.object({ world: World() }),
    status: 201,
  },
  listWorlds: {
    summary: "The caller's worlds, newest first, without their pieces.",
    query: page,
    output: () => z.object({ worlds: z.array(WorldSummary()), next_cursor: z.nullable(z.uuid()) }),
    status: 200,
  },
  getWorld: {
    summary: "One world with its pieces. A portrait is a URL here, never base64.",
    path: world,
    output: () => z.object({ world: World() }),
    status: 200,
  },
  addPieces: {
    summary: "Adds pieces to a world.",
    path: world,
    body: () => z.strictObject({ pieces: pieces() }),
    output: () => z.object({ pieces: z.array(Piece()) }),
    status: 201,
  },
  replacePortrait: {
    summary: "Gives a character another portrait. The old one stays until it is published.",
    path: () => z.strictObject({ world_id: z.uuid(), piece_id: z.uuid() }),
    body: () =>
      z
        .strictObject({
          image_portrait_base64: z.optional(z.string()),
          image_id: z.optional(z.uuid()),
        })
        .check(
          z.refine(
            (sent) => (sent.image_portrait_base64 === undefined) !== (sent.image_id === undefined),
            "Send either image_portrait_base64 or image_id",
          ),
        ),
    output: () => z.object({ piece: Piece() }),
    status: 202,
  },
  deleteWorld: {
    summary: "Deletes a world. Its images are gone once the erasure is done.",
    path: world,
    output: erasure,
    status: 202,
  },
  presignUpload: {
    summary: "Promises an upload: a URL to PUT exactly this file to, once, within 5 minutes.",
    body: () =>
      z.strictObject({
        content_type: z.enum(uploadTypes),
        size: z.int().check(z.gte(1), z.lte(limits.image_bytes), z.describe("In bytes.")),
        sha256: z
          .string()
          .check(z.regex(/^[0-9a-f]{64}$/), z.describe("Of the file, in lower-case hex.")),
        filename: z.optional(z.string()).check(z.describe("For display only.")),
      }),
    output: () =>
      z.object({
        upload_id: z.uuid(),
        url: z.url(),
        method: z.literal("PUT"),
        headers: z
          .record(z.string(), z.string())
          .check(z.describe("To send with the PUT, exactly.")),
        url_expires_at: z.iso.datetime(),
        expires_at: z.iso.datetime().check(z.describe("Complete the upload before.")),
      }),
    status: 201,
  },
  completeUpload: {
    summary: "Checks what was uploaded and publishes a clean copy. May be repeated.",
    path: () => z.strictObject({ upload_id: z.uuid() }),
    output: () => z.object({ image: Image() }),
    status: 200,
  },
  listImages: {
    summary: "The caller's images, newest first.",
    query: page,
    output: () => z.object({ images: z.array(Image()), next_cursor: z.nullable(z.uuid()) }),
    status: 200,
  },
  getImage: {
    summary: "One image.",
    path: image,
    output: () => z.object({ image: Image() }),
    status: 200,
  },
  deleteImage: {
    summary: "Deletes an image. It is gone from the CDN once the erasure is done.",
    path: image,
    output: erasure,
    status: 202,
  },
  rehostImage: {
    summary:
      "Re-hosts an image of another platform: 202 while it is fetched, 200 when it is there.",
    body: () =>
      z.strictObject({
        source: z.discriminatedUnion("platform", [
          z.strictObject({
            platform: z.literal("telegram"),
            file_id: z.string().check(z.minLength(1), z.maxLength(500)),
            file_unique_id: z.string().check(z.minLength(1), z.maxLength(100)),
          }),
          z.strictObject({
            platform: z.literal("discord"),
            url: z.string().check(z.maxLength(2_000)),
          }),
        ]),
      }),
    output: () => z.object({ image: Image() }),
    status: 202,
    instead: { status: 200, when: ({ image }: { image: Image }) => image.status === "published" },
  },
  telegramRehost: {
    summary: "Telegram's webhook: takes an Update, with the secret it was registered with.",
    body: () => z.looseObject({}),
    output: () => z.object({ ok: z.literal(true) }),
    status: 200,
  },
  linkTelegram: {
    summary: "A one-time link, good for 10 minutes, that binds a Telegram account to the caller.",
    output: () => z.object({ url: z.url(), expires_at: z.iso.datetime() }),
    status: 200,
  },
  eraseOwner: {
    summary: "Deletes everything of the caller, linked Telegram accounts included.",
    output: erasure,
    status: 202,
  },
  getErasure: {
    summary: "The receipt of a deletion.",
    path: () => z.strictObject({ erasure_id: z.uuid() }),
    output: erasure,
    status: 200,
  },
  openapi: {
    summary: "This document.",
    output: () => z.record(z.string(), z.unknown()),
    status: 200,
  },
  health: {
    summary: "Answers when the API and its database do.",
    output: () => z.object({ status: z.literal("ok") }),
    status: 200,
  },
} as const satisfies Record<RouteName, Endpoint>;

export type Endpoint = {
  summary: string;
  path?: () => z.ZodMiniObject;
  query?: () => z.ZodMiniObject;
  body?: () => z.ZodMiniObject;
  output: () => z.ZodMiniType;
  status: 200 | 201 | 202;
  /** Another status, when the answer is such. */
  instead?: { status: 200; when: (output: never) => boolean };
};

type Api = typeof api;
type RequestParts<Name extends RouteName> = ReturnType<
  Extract<Api[Name][keyof Api[Name] & ("path" | "query" | "body")], () => z.ZodMiniObject>
>;
type Merged<Union> = (Union extends unknown ? (part: Union) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never;

/** A route's path parameters, query and body in one object, as the verb receives them. */
export type Input<Name extends RouteName> = Merged<z.output<RequestParts<Name>>>;
/** The same as a caller writes it. */
export type Sent<Name extends RouteName> = Merged<z.input<RequestParts<Name>>>;
export type Output<Name extends RouteName> = z.output<ReturnType<Api[Name]["output"]>>;

/** What every refusal looks like on the wire. */
export const Refusal = once(() =>
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

/** Repeats of a request under the same key give the same ids for a day. */
export const IdempotencyKey = once(() => z.string().check(z.regex(/^[\x21-\x7e]{1,255}$/)));

/**
 * What `streamCharacters` takes: the same as `POST /characters`, or a character whose portrait is to be
 * painted again.
 */
export const CharacterStreamRequest = once(() => {
  const request = characterRequest();
  return z.union([
    z.strictObject(request),
    z.strictObject({
      theme: request.theme,
      repaint: z.strictObject({
        name: text(1, limits.name_chars),
        description: text(0, limits.description_chars),
        details: Details(),
      }),
      seed: request.seed,
      reference_image_id: request.reference_image_id,
    }),
  ]);
});
export type CharacterStreamRequest = z.infer<ReturnType<typeof CharacterStreamRequest>>;

/** What `streamCharacters` tells, as Server-Sent Events named by `type`. */
export type CharacterEvent =
  | { type: "character"; index: number; character: PieceDraft }
  | { type: "portrait"; index: number; image_portrait_base64: string }
  | { type: "portrait_error"; index: number; portrait_error: (typeof portraitErrors)[number] }
  | { type: "error"; error: z.infer<ReturnType<typeof Refusal>>["error"] }
  | { type: "done" };
