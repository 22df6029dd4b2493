import { randomUUID } from "node:crypto";
import type { CharacterEvent, Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import type { PieceDraft } from "@keepsake/contract/schemas";
import { v7 as uuidv7 } from "uuid";
import { findStored } from "../images/images.sql.ts";
import { fitGenerated, fitPortrait } from "../imaging/sanitizeImage.ts";
import { fittedLimits } from "../imaging/validateHeader.ts";
import type { CharacterText, PortraitRequest, Services } from "../ports.ts";
import { asyncQueue } from "./asyncQueue.ts";
import { CharacterGenerationError, PortraitGenerationError } from "./generationErrors.ts";
import * as rows from "./generations.sql.ts";

type Generators = Pick<Services, "sql" | "images" | "characterGenerator" | "portraitGenerator">;
type Owned = { owner_id: string };

/** How long everything together may take. A portrait that is not there by then is left out. */
type Deadline = { deadlineMs: number; signal?: AbortSignal };

/** Generates characters and resolves when all are painted, or left without a portrait. Nothing is stored. */
export async function generate(
  services: Generators,
  input: Input<"generateCharacters"> & Owned,
  deadline: Deadline,
): Promise<Output<"generateCharacters">> {
  const characters: PieceDraft[] = [];
  for await (const event of stream(services, input, deadline)) {
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
 * Generates characters, or paints one again, and tells each as soon as its text is there and each portrait
 * as soon as it is painted, side by side. One portrait that fails does not fail the rest.
 */
export async function* stream(
  services: Generators,
  input: StreamInput,
  { deadlineMs, signal: hangUp }: Deadline,
): AsyncGenerator<GeneratedEvent, void> {
  const { owner_id, theme, seed = randomUUID(), reference_image_id } = input;
  const count = "repaint" in input ? 1 : input.count;
  await countGeneration(services, owner_id, count);
  const reference = await referenceOf(services, owner_id, reference_image_id);

  const stopped = new AbortController();
  const signals = [AbortSignal.timeout(deadlineMs), stopped.signal, ...(hangUp ? [hangUp] : [])];
  const signal = AbortSignal.any(signals);
  const events = asyncQueue<GeneratedEvent>();
  const request = { theme, seed: String(seed), reference, signal };
  const paint = async (sheet: CharacterText, index: number) =>
    events.push(await portraitOf(services, sheet, index, request));

  const fail = (error: unknown) => events.close({ error: explained(error) });

  const work = async () => {
    if ("repaint" in input) return paint(asSheet(input.repaint), 0);
    const sheets = services.characterGenerator.generate({
      ...request,
      count,
      prompt: input.prompt,
    });
    const painting: Promise<void>[] = [];
    try {
      for await (const sheet of inTimeEach(sheets, signal)) {
        const index = painting.length;
        const character = { type: "character" as const, ...structuredClone(sheet) };
        events.push({ type: "character", index, character });
        painting.push(paint(sheet, index).catch(fail));
      }
    } catch (error) {
      // those that were told stand, with the portraits they get
      if (painting.length === 0 || !(error instanceof CharacterGenerationError)) throw error;
    }
    await Promise.all(painting);
  };
  work().then(() => events.close(), fail);
  try {
    yield* events.read();
  } finally {
    stopped.abort(); // whoever listened is gone, or one failure ended it: paint no more
  }
}

/** A portrait as it goes into an answer, or why there is none. */
async function portraitOf(
  { portraitGenerator }: Pick<Services, "portraitGenerator">,
  sheet: CharacterText,
  index: number,
  request: PortraitRequest & { signal: AbortSignal },
): Promise<GeneratedEvent> {
  try {
    const painting = portraitGenerator.generate(sheet, request);
    const painted = await inTime(
      painting,
      request.signal,
      () => new PortraitGenerationError("timeout"),
    );
    const bytes = Buffer.from(painted.buffer, painted.byteOffset, painted.byteLength);
    const portrait = await fitGenerated(bytes);
    const image_portrait_base64 = Buffer.from(portrait.bytes).toString("base64");
    return { type: "portrait", index, image_portrait_base64 };
  } catch (error) {
    if (error instanceof AppError)
      return { type: "portrait_error", index, portrait_error: "failed" };
    if (!(error instanceof PortraitGenerationError) || error.reason === "no_references")
      throw error;
    return { type: "portrait_error", index, portrait_error: error.reason };
  }
}

/** Whoever does not listen to the signal is not waited for either. */
async function inTime<T>(work: Promise<T>, signal: AbortSignal, late: () => Error): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const expire = () => reject(late());
  if (signal.aborted) expire();
  signal.addEventListener("abort", expire, { once: true });
  try {
    return await Promise.race([work, expired]);
  } finally {
    signal.removeEventListener("abort", expire);
  }
}

async function* inTimeEach<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  for (;;) {
    const next = await inTime(
      iterator.next(),
      signal,
      () => new CharacterGenerationError("timeout"),
    );
    if (next.done) return;
    yield next.value;
  }
}

async function countGeneration(
  { sql }: Pick<Services, "sql">,
  owner_id: string,
  characters: number,
) {
  const perHour = limits.generated_characters_per_hour;
  const generation = { generation_id: uuidv7(), owner_id, characters };
  if (await sql.begin((tx) => rows.countWithin(tx, generation, perHour))) return;
  throw new AppError(
    "generation.too_many",
    `At most ${perHour} characters are generated for you in an hour: try again later`,
    { retryAfterSeconds: await rows.secondsUntilRoom(sql, owner_id) },
  );
}

async function referenceOf(
  { sql, images }: Pick<Services, "sql" | "images">,
  owner_id: string,
  image_id: string | undefined,
): Promise<Uint8Array | undefined> {
  if (image_id === undefined) return undefined;
  const stored = await findStored(sql, owner_id, image_id);
  const bytes = stored && (await images.get(stored.key, stored.bytes));
  if (!bytes)
    throw new AppError(
      "image.not_published",
      "There is no such published image among yours: complete its upload first",
    );
  return (await fitPortrait(bytes, fittedLimits)).bytes;
}

/** What a caller sends back of a character, as a portrait generator reads it. */
function asSheet({ name, description, details }: Omit<PieceDraft, "type">): CharacterText {
  const { traits } = details;
  const words = Array.isArray(traits) ? traits.filter((trait) => typeof trait === "string") : [];
  return { name, description, details: { ...details, traits: words } };
}

/** What a caller may read of a failure. */
function explained(error: unknown): unknown {
  if (error instanceof PortraitGenerationError)
    return new AppError(
      "reference.unsupported",
      "This generator cannot paint after an image: leave reference_image_id out",
    );
  if (!(error instanceof CharacterGenerationError)) return error;
  const { retryAfterSeconds } = error;
  switch (error.reason) {
    case "refused":
      return new AppError("generation.refused", "The generator refuses this: change the prompt");
    case "busy":
      return new AppError("generation.busy", "The generator is busy: try again soon", {
        retryAfterSeconds: retryAfterSeconds ?? 10,
      });
    case "timeout":
      return new AppError("generation.late", "The generator took too long: ask for fewer");
    default:
      return new AppError("generation.failed", "The generator failed: try again");
  }
}
