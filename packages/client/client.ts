import type { CharacterStreamRequest, Output, PresignedUpload, Sent } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { type RouteName, routes } from "@keepsake/contract/routes";
import type { Image, World } from "@keepsake/contract/schemas";
import { batchPieces } from "./batchPieces.ts";
import { credentialHeaders } from "./credential.ts";
import { streamCharacters } from "./stream.ts";
import {
  type CallOptions,
  createTransport,
  type RouteMethods,
  type TransportOptions,
} from "./transport.ts";
import { type UploadOptions, upload } from "./upload.ts";

/** @public */
export type { CallOptions, TransportOptions } from "./transport.ts";
/** @public */
export type { UploadOptions } from "./upload.ts";

/** A method per route. An error response is thrown as the `AppError` that the server sent. */
export type Client = Omit<RouteMethods, "presignUpload"> & {
  presignUpload: PresignUpload;
  /** Polls a world until no portrait is pending. Throws `portrait.late` after `timeoutMs` (60 s). */
  waitForPortraits(world_id: string, options?: WaitOptions): Promise<World>;
  /** Characters as they are generated, or one new portrait. Leaving the loop disconnects. */
  streamCharacters(
    request: CharacterStreamRequest,
    options?: { signal?: AbortSignal },
  ): ReturnType<typeof streamCharacters>;
  /** Uploads a file and resolves to its published image, with progress, abort and retries. */
  upload(file: Blob & { name?: string }, options?: UploadOptions): Promise<Image>;
};

type PresignUpload = {
  (
    request: Sent<"presignUpload"> & { reuse?: false },
    options?: CallOptions,
  ): Promise<PresignedUpload>;
  /** With `reuse`, the response may be the caller's published image of the same file: `"image" in response`. */
  (request: Sent<"presignUpload">, options?: CallOptions): Promise<Output<"presignUpload">>;
};

/** @public */
export type WaitOptions = { timeoutMs?: number; signal?: AbortSignal };

export function createClient(options: TransportOptions): Client {
  const call = createTransport(options);
  const methods = Object.fromEntries(
    (Object.keys(routes) as RouteName[]).map((name) => [
      name,
      (input: Record<string, unknown> = {}, callOptions: CallOptions = {}) =>
        call(name, input, callOptions),
    ]),
  ) as unknown as RouteMethods;

  return {
    ...methods,
    presignUpload: methods.presignUpload as PresignUpload,
    createWorld: (input, callOptions) => createWorld(methods, input, callOptions),
    waitForPortraits: (world_id, waitOptions) => waitForPortraits(methods, world_id, waitOptions),
    upload: (file, uploadOptions) => upload(methods, file, uploadOptions),
    async *streamCharacters(request, { signal } = {}) {
      const { streamUrl, fetch = globalThis.fetch } = options;
      if (streamUrl === undefined) throw new Error("createClient needs streamUrl to stream");
      const credential = await credentialHeaders(options);
      yield* streamCharacters(request, { streamUrl, credential, fetch, signal });
    },
  };
}

/**
 * Creates a world of any allowed size: pieces that do not fit one request are added in further ones.
 * If one of those fails, the same call with the same `idempotencyKey` (in the error's details) finishes
 * the world.
 */
async function createWorld(
  methods: Pick<RouteMethods, "createWorld" | "addPieces">,
  { pieces, ...world }: Sent<"createWorld">,
  { idempotencyKey = crypto.randomUUID(), signal }: CallOptions = {},
): Promise<Output<"createWorld">> {
  const [first = [], ...rest] = batchPieces(pieces);
  const options = (batch: number): CallOptions => ({
    idempotencyKey: batch === 0 ? idempotencyKey : `${idempotencyKey}.${batch}`,
    ...(signal && { signal }),
  });

  const created = (await methods.createWorld({ ...world, pieces: first }, options(0))).world;
  const { world_id } = created;
  const all = created.pieces.slice(0, first.length);
  for (const [index, batch] of rest.entries()) {
    try {
      const added = await methods.addPieces({ world_id, pieces: batch }, options(index + 1));
      all.push(...added.pieces);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const details = { ...error.details, world_id, idempotency_key: idempotencyKey };
      throw new AppError(error.code, error.message, { cause: error, details });
    }
  }
  return { world: { ...created, pieces: all } };
}

async function waitForPortraits(
  { getWorld }: Pick<RouteMethods, "getWorld">,
  world_id: string,
  { timeoutMs = 60_000, signal }: WaitOptions = {},
): Promise<World> {
  const deadline = Date.now() + timeoutMs;
  for (let pause = 100; ; pause = Math.min(pause * 1.5, 2_000)) {
    const { world } = await getWorld({ world_id }, signal && { signal });
    if (world.pieces.every(({ portrait_status }) => portrait_status !== "pending")) return world;
    if (Date.now() + pause > deadline)
      throw new AppError(
        "portrait.late",
        "Portraits are still pending: get the world again later",
        {
          details: { world_id },
        },
      );
    await new Promise((resume) => setTimeout(resume, pause));
    signal?.throwIfAborted();
  }
}
