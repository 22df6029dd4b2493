import { routes } from "@keepsake/contract/routes";
import type {
  ApiMethods,
  CharacterStreamRequest,
  CreateWorldRequest,
  Export,
  Image,
  PresignedUpload,
  PresignUploadRequest,
  World,
} from "./apiTypes.ts";
import { batchPieces } from "./batchPieces.ts";
import type { CallOptions, WaitOptions } from "./callOptions.ts";
import { credentialHeaders, discardRefused } from "./credential.ts";
import { KeepsakeError } from "./keepsakeError.ts";
import type { PublishedImage } from "./publishedImage.ts";
import { putItemsInBatches } from "./putItemsInBatches.ts";
import type { CharacterEvent } from "./stream.ts";
import { throwImportFailed } from "./throwImportFailed.ts";
import { createTransport, type TransportOptions } from "./transport.ts";
import { type UploadOptions, upload } from "./upload.ts";

/** A method per route. An error response is thrown as the `KeepsakeError` that the server sent. */
export interface Client extends ApiMethods {
  /** Starts an upload. Returns a URL to PUT exactly this file to, once, within 5 minutes. */
  presignUpload(
    input: PresignUploadRequest & { reuse?: false | undefined },
    options?: CallOptions,
  ): Promise<PresignedUpload>;
  /** With `reuse`, the response may be the caller's published image of the same file: `"image" in response`. */
  presignUpload(
    input: PresignUploadRequest,
    options?: CallOptions,
  ): Promise<PresignedUpload | { image: Image }>;
  /**
   * Saves a world of any allowed size: pieces that do not fit one request are added in further ones. If one of
   * those fails, the same call with the same `idempotencyKey` (in the error's details) finishes the world.
   */
  createWorld(input: CreateWorldRequest, options?: CallOptions): Promise<{ world: World }>;
  /** Polls a world until no portrait is pending. Throws `portrait.late` after `timeoutMs` (60 s). */
  waitForPortraits(world_id: string, options?: WaitOptions): Promise<World>;
  /**
   * Polls an export until its files are ready, and resolves to it with fresh URLs. Throws the error of an export that
   * failed, and `export.late` after `timeoutMs` (15 minutes).
   */
  waitForExport(export_id: string, options?: WaitOptions): Promise<Export>;
  /**
   * Puts any number of items into a dataset: those that do not fit one request are sent in further ones, in order. If
   * one of those fails, the same call again finishes it.
   */
  putDatasetItems: ApiMethods["putDatasetItems"];
  /** Characters as they are generated, or one new portrait. Leaving the loop disconnects. */
  streamCharacters(
    request: CharacterStreamRequest,
    options?: { signal?: AbortSignal },
  ): AsyncGenerator<CharacterEvent, void>;
  /** Uploads a file and resolves to its published image, with progress, abort and retries. */
  upload(file: Blob & { name?: string }, options?: UploadOptions): Promise<PublishedImage>;
}

/** Throws when `baseUrl`, or the service key beside an `owner`, is missing: a setting that is not set is found here. */
export function createClient(options: TransportOptions): Client {
  checkSettings(options);
  const call = createTransport({ ...options, baseUrl: options.baseUrl.replace(/\/+$/, "") });
  const methods = Object.fromEntries(
    (Object.keys(routes) as (keyof ApiMethods)[]).map((name) => [
      name,
      (input: Record<string, unknown> = {}, callOptions: CallOptions = {}) =>
        call(name, input, callOptions),
    ]),
  ) as unknown as Pick<Client, keyof ApiMethods>;

  return {
    ...methods,
    createWorld: (input, callOptions) => createWorld(methods, input, callOptions),
    waitForPortraits: (world_id, waitOptions) => waitForPortraits(methods, world_id, waitOptions),
    async waitForExport(export_id, waitOptions) {
      const { waitForExport } = await import("./waitForExport.ts").catch(throwImportFailed);
      return waitForExport(methods, export_id, waitOptions);
    },
    putDatasetItems: (input, callOptions) => putItemsInBatches(methods, input, callOptions),
    upload: (file, uploadOptions) => upload(methods, file, uploadOptions),
    async *streamCharacters(request, { signal } = {}) {
      const { streamUrl, fetch = globalThis.fetch } = options;
      if (streamUrl === undefined) throw new Error("createClient needs streamUrl to stream");
      const { streamCharacters } = await import("./stream.ts").catch(throwImportFailed);
      for (let renewed = false; ; renewed = true) {
        const credential = await credentialHeaders(options);
        try {
          return yield* streamCharacters(request, { streamUrl, credential, fetch, signal });
        } catch (error) {
          if (renewed || !discardRefused(options, credential, error)) throw error;
        }
      }
    },
  };
}

function checkSettings({ baseUrl, serviceKey, owner }: TransportOptions) {
  if (!baseUrl)
    throw new Error("createClient needs baseUrl, the URL of the API: check the setting with it");
  if (serviceKey === "" || (owner !== undefined && !serviceKey))
    throw new Error("createClient needs serviceKey, which is empty: check the setting with it");
}

async function createWorld(
  methods: Pick<ApiMethods, "createWorld" | "addPieces">,
  { pieces, ...world }: CreateWorldRequest,
  { idempotencyKey = crypto.randomUUID(), signal }: CallOptions = {},
): Promise<{ world: World }> {
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
      if (!(error instanceof KeepsakeError)) throw error;
      const details = { ...error.details, world_id, idempotency_key: idempotencyKey };
      throw new KeepsakeError(error.code, error.message, { cause: error, details });
    }
  }
  return { world: { ...created, pieces: all } };
}

async function waitForPortraits(
  { getWorld }: Pick<ApiMethods, "getWorld">,
  world_id: string,
  { timeoutMs = 60_000, signal }: WaitOptions = {},
): Promise<World> {
  const deadline = Date.now() + timeoutMs;
  for (let pause = 100; ; pause = Math.min(pause * 1.5, 2_000)) {
    const { world } = await getWorld({ world_id }, signal && { signal });
    if (world.pieces.every(({ portrait_status }) => portrait_status !== "pending")) return world;
    if (Date.now() + pause > deadline)
      throw new KeepsakeError(
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
