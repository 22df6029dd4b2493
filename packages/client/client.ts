import type { CharacterStreamRequest, Output, Sent } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { type RouteName, routes } from "@keepsake/contract/routes";
import type { Image, World } from "@keepsake/contract/schemas";
import { splitPieces } from "./batchPieces.ts";
import { streamCharacters } from "./stream.ts";
import { type CallOptions, createTransport, type TransportOptions } from "./transport.ts";
import { type UploadOptions, upload } from "./upload.ts";

export type { CallOptions, TransportOptions } from "./transport.ts";
export type { UploadOptions } from "./upload.ts";

/** A method per route. What the server refuses is thrown as the server's own `AppError`. */
export type Client = { [Name in RouteName]: Method<Name> } & {
  /** Polls a world until no portrait is pending. After `timeoutMs` (60 s) throws `portrait.late`. */
  waitForPortraits(world_id: string, options?: WaitOptions): Promise<World>;
  /** Characters as they are made, or one portrait painted again. Leaving the loop hangs up. */
  streamCharacters(
    request: CharacterStreamRequest,
    options?: { signal?: AbortSignal },
  ): ReturnType<typeof streamCharacters>;
  /** Uploads a file and resolves to its published image, with progress, abort and retries. */
  upload(file: Blob & { name?: string }, options?: UploadOptions): Promise<Image>;
};

export type WaitOptions = { timeoutMs?: number; signal?: AbortSignal };

type Method<Name extends RouteName> = (
  ...args: object extends Sent<Name>
    ? [input?: Sent<Name>, options?: CallOptions]
    : [input: Sent<Name>, options?: CallOptions]
) => Promise<Output<Name>>;

export function createClient(options: TransportOptions): Client {
  const call = createTransport(options);
  const methods = Object.fromEntries(
    (Object.keys(routes) as RouteName[]).map((name) => [
      name,
      (input: Record<string, unknown> = {}, callOptions: CallOptions = {}) =>
        call(name, input, callOptions),
    ]),
  ) as unknown as { [Name in RouteName]: Method<Name> };

  return {
    ...methods,
    createWorld: (input, callOptions) => createWorld(methods, input, callOptions),
    waitForPortraits: (world_id, waitOptions) => waitForPortraits(methods, world_id, waitOptions),
    upload: (file, uploadOptions) => upload(methods, file, uploadOptions),
    async *streamCharacters(request, { signal } = {}) {
      const { streamUrl, token, fetch = globalThis.fetch } = options;
      if (streamUrl === undefined) throw new Error("createClient needs streamUrl to stream");
      const bearer = typeof token === "function" ? await token() : token;
      yield* streamCharacters(request, { streamUrl, token: bearer, fetch, signal });
    },
  };
}

/**
 * Creates a world of any size that a world may have: what does not fit one request follows in more.
 * Should one of those fail, the same call with the same `idempotencyKey` (in the error's details)
 * finishes the world.
 */
async function createWorld(
  methods: Pick<Client, "createWorld" | "addPieces">,
  { pieces, ...world }: Sent<"createWorld">,
  { idempotencyKey = crypto.randomUUID(), signal }: CallOptions = {},
): Promise<Output<"createWorld">> {
  const [first = [], ...rest] = splitPieces(pieces);
  const options = (part: number): CallOptions => ({
    idempotencyKey: part === 0 ? idempotencyKey : `${idempotencyKey}.${part}`,
    ...(signal && { signal }),
  });

  const created = (await methods.createWorld({ ...world, pieces: first }, options(0))).world;
  const { world_id } = created;
  const all = created.pieces.slice(0, first.length);
  for (const [index, part] of rest.entries()) {
    try {
      const added = await methods.addPieces({ world_id, pieces: part }, options(index + 1));
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
  { getWorld }: Pick<Client, "getWorld">,
  world_id: string,
  { timeoutMs = 60_000, signal }: WaitOptions = {},
): Promise<World> {
  const deadline = Date.now() + timeoutMs;
  for (let pause = 100; ; pause = Math.min(pause * 1.5, 2_000)) {
    const { world } = await getWorld({ world_id }, signal && { signal });
    if (world.pieces.every(({ portrait_status }) => portrait_status !== "pending")) return world;
    if (Date.now() + pause > deadline)
      throw new AppError("portrait.late", "Portraits are still pending: ask for the world later", {
        details: { world_id },
      });
    await new Promise((resume) => setTimeout(resume, pause));
    signal?.throwIfAborted();
  }
}
