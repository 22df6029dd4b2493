import { randomUUID } from "node:crypto";
import type { CharacterEvent, Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import type { PieceDraft } from "@keepsake/contract/schemas";
import { imageNotPublished, imagePrivate } from "../images/imageErrors.ts";
import { findStored } from "../images/images.sql.ts";
import { readPublished } from "../images/readObject.ts";
import { fitGeneratedPortrait, fitPortrait } from "../imaging/fitPortrait.ts";
import { fittedLimits } from "../imaging/validateHeader.ts";
import { RetryableError } from "../outsideServiceErrors.ts";
import type { CharacterText, PortraitRequest, Services } from "../ports.ts";
import { abortable, abortableEach } from "../rejectOnAbort.ts";
import { asyncQueue } from "./asyncQueue.ts";
import { CharacterGenerationError, PortraitGenerationError } from "./generationErrors.ts";
import { countGeneration } from "./generationQuota.ts";

type Generators = Pick<
  Services,
  "sql" | "images" | "decoder" | "characterGenerator" | "portraitGenerator"
> & {
  /** Called once with why a portrait, or characters that were still to come, are left out. */
  onFailed: (what: string, error: Error) => void;
};
type Owned = { owner_id: string };

/** How long the whole generation may take. A portrait that is not ready by then is left out. */
type Deadline = { deadlineMs: number; signal?: AbortSignal };

/** Generates characters and resolves when each has its portrait or is left without one. Stores nothing. */
export async function generateCharacters(
  services: Generators,
  input: Input<"generateCharacters"> & Owned,
  deadline: Deadline,
): Promise<Output<"generateCharacters">> {
  const characters: PieceDraft[] = [];
  for await (const event of streamCharacters(services, input, deadline)) {
    if (event.type === "character") characters[event.index] = event.character;
    else if (event.type === "portrait") {
      const { details } = characters[event.index]!;
      details.image_portrait_base64 = event.image_portrait_base64;
    } else if (event.type === "portrait_error")
      characters[event.index]!.portrait_error = event.portrait_error;
  }
  return { characters };
}

type GeneratedEvent = Extract<
  CharacterEvent,
  { type: "character" | "portrait" | "portrait_error" }
>;
type StreamInput = Owned &
  Pick<Input<"generateCharacters">, "theme" | "seed" | "reference_image_id"> &
  ({ count: number; prompt?: string | undefined } | { repaint: Omit<PieceDraft, "type"> });

/**
 * Generates characters, or one portrait again. Yields each text and each portrait as soon as it is ready;
 * portraits are generated concurrently. One portrait that fails does not fail the rest.
 */
export async function* streamCharacters(
  services: Generators,
  input: StreamInput,
  { deadlineMs, signal: callerSignal }: Deadline,
): AsyncGenerator<GeneratedEvent, void> {
  const { owner_id, theme, seed = randomUUID(), reference_image_id } = input;
  const count = "repaint" in input ? 1 : input.count;
  await countGeneration(services, owner_id, count);
  const reference = await loadReference(services, owner_id, reference_image_id);

  const stop = new AbortController();
  const signals = [AbortSignal.timeout(deadlineMs), stop.signal];
  const signal = AbortSignal.any(callerSignal ? [...signals, callerSignal] : signals);
  const events = asyncQueue<GeneratedEvent>();
  const endsAt = Date.now() + deadlineMs;
  const request = { theme, seed: String(seed), reference, signal, endsAt };
  // that the caller is gone is no failure
  const isStopped = () => stop.signal.aborted || callerSignal?.aborted;
  const onFailed: Generators["onFailed"] = (what, error) => {
    if (!isStopped()) services.onFailed(what, error);
  };
  let isReported = false;
  const onIncomplete = (error: Error) => {
    if (!isReported) onFailed("fewer characters were generated", error);
    isReported = true; // a generator that is late fails once more, by its signal
  };
  const addPortrait = async (character: CharacterText, index: number) =>
    events.push(await portraitEvent({ ...services, onFailed }, character, index, request));

  const fail = (error: unknown) => events.close({ error: callerError(error) });

  const generate = async () => {
    if ("repaint" in input) return addPortrait(characterText(input.repaint), 0);
    const texts = services.characterGenerator.generate({
      ...request,
      count,
      prompt: input.prompt,
      onIncomplete,
    });
    const portraits: Promise<void>[] = [];
    const tooLate = () => new CharacterGenerationError("timeout");
    try {
      for await (const text of abortableEach(texts, signal, tooLate)) {
        const index = portraits.length;
        const character = { type: "character" as const, ...structuredClone(text) };
        events.push({ type: "character", index, character });
        portraits.push(addPortrait(text, index).catch(fail));
      }
    } catch (error) {
      // characters that were generated before stay, and get their portraits
      if (portraits.length === 0 || !(error instanceof CharacterGenerationError)) throw error;
      onIncomplete(error);
    }
    await Promise.all(portraits);
  };
  generate().then(() => events.close(), fail);
  try {
    yield* events.read();
  } finally {
    stop.abort(); // the caller is gone or the generation has failed: generate nothing more
  }
}

/** The portrait in base64, or why there is none. */
async function portraitEvent(
  {
    portraitGenerator,
    decoder,
    onFailed,
  }: Pick<Generators, "portraitGenerator" | "decoder" | "onFailed">,
  character: CharacterText,
  index: number,
  request: PortraitRequest & { signal: AbortSignal },
): Promise<GeneratedEvent> {
  try {
    const work = portraitGenerator.generate(character, request);
    const tooLate = () => new PortraitGenerationError("timeout");
    const { buffer, byteOffset, byteLength } = await abortable(work, request.signal, tooLate);
    const portrait = await fitGeneratedPortrait(
      decoder,
      Buffer.from(buffer, byteOffset, byteLength),
    );
    const image_portrait_base64 = Buffer.from(portrait.bytes).toString("base64");
    return { type: "portrait", index, image_portrait_base64 };
  } catch (error) {
    const portrait_error = portraitError(error);
    onFailed("a portrait was not generated", error as Error);
    return { type: "portrait_error", index, portrait_error };
  }
}

/** What a caller sees of a portrait that failed. Throws what ends the whole generation. */
function portraitError(error: unknown) {
  if (error instanceof AppError || error instanceof RetryableError) return "failed";
  if (error instanceof PortraitGenerationError && error.reason !== "no_references")
    return error.reason;
  throw error;
}

async function loadReference(
  { sql, images, decoder }: Pick<Services, "sql" | "images" | "decoder">,
  owner_id: string,
  image_id: string | undefined,
): Promise<Uint8Array | undefined> {
  if (image_id === undefined) return undefined;
  const stored = await findStored(sql, owner_id, image_id);
  if (stored?.visibility === "private") throw imagePrivate();
  const bytes = stored && (await readPublished(images, stored).catch(unreadable));
  if (!bytes) throw imageNotPublished();
  return (await fitPortrait(decoder, bytes, fittedLimits).catch(unreadable)).bytes;
}

/** A character as a caller sends it back, as a portrait generator takes it: without its portrait. */
function characterText({ name, description, details }: Omit<PieceDraft, "type">): CharacterText {
  const { traits, image_portrait_base64: _, ...rest } = details;
  const words = Array.isArray(traits) ? traits.filter((trait) => typeof trait === "string") : [];
  return { name, description, details: { ...rest, traits: words } };
}

/** The error that a caller sees for a failed generation. */
function callerError(error: unknown): unknown {
  if (error instanceof PortraitGenerationError)
    return new AppError(
      "reference.unsupported",
      "This generator cannot use a reference image: leave reference_image_id out",
      { cause: error },
    );
  if (!(error instanceof CharacterGenerationError)) return error;
  const { retryAfterSeconds } = error;
  const cause = error;
  switch (error.reason) {
    case "refused":
      return new AppError("generation.refused", "The generator refuses this: change the prompt", {
        cause,
      });
    case "busy":
      return new AppError("generation.busy", "The generator is busy: try again soon", {
        retryAfterSeconds: retryAfterSeconds ?? 10,
        cause,
      });
    case "timeout":
      return new AppError("generation.late", "The generator took too long: ask for fewer", {
        cause,
      });
    default:
      return new AppError("generation.failed", "The generator failed: try again", { cause });
  }
}

function unreadable(cause: unknown): never {
  if (!(cause instanceof RetryableError)) throw cause;
  const message = "The reference image could not be read: try again";
  throw new AppError("service.unavailable", message, { cause, retryAfterSeconds: 1 });
}
