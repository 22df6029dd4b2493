import { hash } from "node:crypto";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { limits } from "@keepsake/contract/limits";
import {
  CharacterGenerationError,
  PortraitGenerationError,
} from "@keepsake/core/characters/generationErrors";
import { sniff } from "@keepsake/core/imaging/formats/sniff";
import type {
  CharacterGenerator,
  CharacterRequest,
  CharacterText,
  PortraitGenerator,
  PortraitRequest,
} from "@keepsake/core/ports";
import {
  APICallError,
  generateImage,
  type LanguageModel,
  RetryError,
  streamText,
  wrapImageModel,
} from "ai";
import * as z from "zod";

/**
 * The `Ai` link: a server that speaks OpenAI's API, such as OpenAI, Together, vLLM, LocalAI or Ollama.
 * `baseUrl` ends before `/chat/completions`. An empty key is not sent; `user:password@` of the base URL
 * then is, as basic authentication.
 */
export type AiLink = { baseUrl: string; textModel: string; imageModel: string; apiKey: string };

/**
 * A character generator on a chat model. It waits `deadlineMs` for the first character, and as long again for
 * each next one. A model that is late, fails or stops early leaves those it has told; when there are
 * none, `CharacterGenerationError` is thrown. The seed is passed on, though few models repeat themselves by it.
 *
 * The model is held to a JSON schema. A server that refuses one is asked for any JSON, then for plain
 * text: the prompt names every field, and whatever comes is checked just the same.
 */
export function aiCharacterGenerator(
  link: AiLink,
  { deadlineMs = 25_000 } = {},
): CharacterGenerator {
  const Character = character();
  const chat = (response_format?: object) =>
    provider(link, { response_format }).chatModel(link.textModel);
  const models = {
    json_schema: chat({ type: "json_schema", json_schema: listOf(Character) }),
    json_object: chat({ type: "json_object" }),
    text: chat(),
  };
  // What was refused once is not asked for again.
  let form: keyof typeof models = "json_schema";

  return {
    async *generate(request) {
      const names = new Set<string>();
      const { signal, each } = patience(deadlineMs, request.signal);
      let failure: unknown;
      try {
        for await (const { name, description, ...details } of each(characters(request, signal))) {
          const key = name.toLowerCase();
          if (names.has(key)) continue;
          names.add(key);
          yield { name, description, details };
          if (names.size === request.count) return;
        }
      } catch (error) {
        failure = error;
      }
      if (names.size === 0) throw tellingFailed(failure, signal);
    },
  };

  async function* characters(request: CharacterRequest, signal: AbortSignal) {
    for (;;) {
      const asked = form;
      try {
        for await (const object of objectsIn(answer(models[asked], request, signal))) {
          const { data } = Character.safeParse(object);
          if (data) yield data;
        }
        return;
      } catch (error) {
        if (asked === "text" || !refusesForm(error)) throw error;
        form = asked === "json_schema" ? "json_object" : "text";
      }
    }
  }

  async function* answer(model: LanguageModel, request: CharacterRequest, signal: AbortSignal) {
    const enough = new AbortController();
    let failure: unknown;
    const { textStream } = streamText({
      model,
      ...storyPrompt(request),
      maxRetries: 1,
      abortSignal: AbortSignal.any([signal, enough.signal]),
      // The stream itself ends in silence, and the default prints all that the provider said.
      onError: ({ error }) => {
        failure ??= error;
      },
      onEnd: ({ finishReason }) => {
        if (finishReason === "content-filter") failure ??= { code: "content_filter" };
      },
    });
    try {
      yield* textStream;
    } finally {
      // A model that goes on talking costs money.
      enough.abort();
    }
    if (failure !== undefined) throw failure;
  }
}

/**
 * A portrait generator on an image model: 1024 × 1024 pixels in whatever format the model has, within `deadlineMs`.
 * A reference goes to `/images/edits`, which not every server has. Nothing makes such a model paint
 * the same image twice. Throws `PortraitGenerationError`.
 */
export function aiPortraitGenerator(
  link: AiLink,
  { deadlineMs = 120_000 } = {},
): PortraitGenerator {
  const model = decoded(provider(link).imageModel(link.imageModel));

  return {
    async generate(sheet, request) {
      const { reference, signal: hangUp } = request;
      const deadline = AbortSignal.timeout(deadlineMs);
      const signal = hangUp ? AbortSignal.any([hangUp, deadline]) : deadline;
      const text = portraitPrompt(sheet, request);
      try {
        const { image } = await generateImage({
          model,
          prompt: reference ? { images: [reference], text } : text,
          size: "1024x1024",
          maxRetries: 1,
          abortSignal: signal,
        });
        const { buffer, byteOffset, byteLength } = image.uint8Array;
        const bytes = Buffer.from(buffer, byteOffset, byteLength);
        if (sniff(bytes)) return bytes;
      } catch (error) {
        throw paintingFailed(error, signal, reference !== undefined);
      }
      throw new PortraitGenerationError("failed", {
        cause: new Error("The answer is not an image"),
      });
    },
  };
}

function provider({ baseUrl, apiKey }: AiLink, parameters: object = {}) {
  // `new URL` would repeat a wrong one, password and all.
  if (!URL.canParse(baseUrl)) throw new Error("The base URL of the AI provider is not a URL");
  const url = new URL(baseUrl);
  const login = [url.username, url.password].map(decodeURIComponent).join(":");
  const basic = Buffer.from(login).toString("base64");
  url.username = "";
  url.password = "";
  return createOpenAICompatible({
    name: "ai",
    baseURL: url.href,
    apiKey,
    ...(apiKey === "" && login !== ":" && { headers: { Authorization: `Basic ${basic}` } }),
    transformRequestBody: (body) => ({ ...body, ...parameters }),
    fetch: boundedFetch,
  });
}

/** The SDK decodes base64 letter by letter: hundreds of milliseconds for 3 MB, where Node takes three. */
function decoded(model: ReturnType<ReturnType<typeof provider>["imageModel"]>) {
  return wrapImageModel({
    model,
    middleware: {
      async wrapGenerate({ doGenerate }) {
        const answer = await doGenerate();
        const images = answer.images.map((image) =>
          typeof image === "string" ? Buffer.from(image, "base64") : image,
        );
        return { ...answer, images };
      },
    },
  });
}

/** An answer is cut at 40 MB, and a server that is busy for longer than 10 s is not waited for. */
const boundedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const retryAfterSeconds = retryAfter(response.headers.get("retry-after"));
  if (!response.ok && retryAfterSeconds !== undefined && retryAfterSeconds > 10) {
    await response.body?.cancel();
    const busy = { message: "busy", url: "", requestBodyValues: {}, isRetryable: false };
    const responseHeaders = { "retry-after": String(retryAfterSeconds) };
    throw new APICallError({ ...busy, statusCode: response.status, responseHeaders });
  }
  return new Response(response.body?.pipeThrough(atMost(40_000_000)) ?? null, response);
};

function atMost(maxBytes: number) {
  let bytes = 0;
  return new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(chunk, controller) {
      bytes += chunk.length;
      if (bytes > maxBytes) controller.error(new Error(`The answer is over ${maxBytes} bytes`));
      else controller.enqueue(chunk);
    },
  });
}

/** Seconds, or a date; undefined when it is neither. */
function retryAfter(header: string | null | undefined): number | undefined {
  if (!header) return undefined;
  const seconds = /^[\d.]+$/.test(header)
    ? Number(header)
    : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}

/** A signal that is given after `ms` in which nothing came, and each thing as it comes. */
function patience(ms: number, hangUp: AbortSignal | undefined) {
  const late = new AbortController();
  const signal = hangUp ? AbortSignal.any([hangUp, late.signal]) : late.signal;
  const wait = () => setTimeout(() => late.abort(), ms);

  async function* each<T>(things: AsyncIterable<T>): AsyncGenerator<T> {
    let timer = wait();
    try {
      for await (const thing of things) {
        clearTimeout(timer);
        yield thing;
        timer = wait();
      }
    } finally {
      clearTimeout(timer);
    }
  }
  return { signal, each };
}

/**
 * Each object of a list as soon as its brace is closed. What stands around the list, and under which
 * key, does not matter: models think aloud, explain themselves, and answer in Markdown.
 */
async function* objectsIn(text: AsyncIterable<string>): AsyncGenerator<unknown> {
  let object = "";
  let depth = 0;
  let last = "";
  let where: "before" | "list" | "string" | "escape" = "before";
  for await (const piece of text)
    for (const char of piece) {
      if (where === "before") {
        if (last === "[" && char === "{") where = "list";
        else if (char.trim() !== "") last = char;
      }
      if (where === "before") continue;

      if (depth > 0 || char === "{") object += char;
      if (where === "escape") where = "string";
      else if (where === "string") {
        if (char === "\\") where = "escape";
        if (char === '"') where = "list";
      } else if (char === '"') where = "string";
      else if (char === "{" || char === "[") depth += 1;
      else if (char === "}" || char === "]") {
        depth -= 1;
        if (depth === 0) {
          yield parse(object);
          object = "";
        }
        if (depth < 0) {
          where = "before";
          last = "";
          depth = 0;
        }
      }
    }
}

/** Undefined for what is not JSON, which is no character either. */
function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Lengths are cut, not refused. */
function character() {
  const line = (chars: number) =>
    z
      .string()
      .transform((text) => storable(text, chars))
      .refine((text) => text !== "");
  const three = () =>
    z
      .array(z.string())
      .transform((list) =>
        list
          .map((text) => storable(text, 100))
          .filter(Boolean)
          .slice(0, 3),
      )
      .refine((list) => list.length > 0);
  return z.object({
    name: line(limits.name_chars),
    description: line(limits.description_chars),
    traits: three(),
    appearance: line(2_000),
    backstory: line(4_000),
    skills: three(),
    flaw: line(1_000),
  });
}

/**
 * How a server is told of a list of them. It has types and nothing else, for a strict server refuses
 * lengths, patterns and defaults.
 */
function listOf(Element: z.ZodType) {
  const schema = z.toJSONSchema(z.object({ elements: z.array(Element) }), {
    target: "draft-7",
    io: "input",
    override: ({ jsonSchema }) => {
      if (jsonSchema.type === "object") jsonSchema.additionalProperties = false;
    },
  });
  return { name: "characters", strict: true, schema };
}

/** One line of at most `chars` UTF-16 code units without what JSONB refuses. */
function storable(text: string, chars: number) {
  const line = text
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return line.slice(0, chars).replace(/[\ud800-\udbff]$/, "");
}

function storyPrompt({ theme, count, prompt, seed }: CharacterRequest) {
  return {
    instructions: [
      "You invent characters for a story world. You are given its theme, how many characters to",
      "invent, and what the author asks of them, if anything, in the author's language.",
      "Answer with JSON alone, without Markdown and without a word before or after it, in this shape:",
      '{"elements":[{"name":"…","description":"…","traits":["…","…","…"],"appearance":"…",',
      '"backstory":"…","skills":["…","…","…"],"flaw":"…"}]}',
      "One element is one character. No two have the same name. description: two or three sentences",
      "on who this is. traits: exactly three, a word each. appearance: what a painter of the face,",
      "hair and clothes has to know, in one or two sentences. backstory: two or three sentences.",
      "skills: exactly three, a few words each. flaw: one sentence.",
    ].join("\n"),
    prompt: JSON.stringify({ theme, count, request: prompt }),
    seed: Number.parseInt(hash("sha256", seed).slice(0, 7), 16),
  };
}

/** Under 1,000 characters, which is all that some models take. */
function portraitPrompt(
  { description, details }: CharacterText,
  { theme, reference }: PortraitRequest,
) {
  const { traits, appearance } = details;
  const looks = typeof appearance === "string" ? appearance : description;
  return [
    reference
      ? "A head-and-shoulders portrait of the one in the picture, as this character, still recognisable."
      : "A head-and-shoulders portrait of one character who faces the viewer.",
    `Appearance: ${storable(looks, 500)}`,
    `Character: ${storable(traits.join(", "), 100)}`,
    `World: ${storable(theme, 100)}`,
    "The picture fills the square to its edges. No text, no letters, no frame, no watermark.",
  ].join("\n");
}

function tellingFailed(thrown: unknown, signal: AbortSignal): CharacterGenerationError {
  const problem = problemOf(thrown);
  const { retryAfterSeconds } = problem;
  const failed = new CharacterGenerationError(reasonOf(problem, signal), { retryAfterSeconds });
  failed.cause = causeOf(problem);
  return failed;
}

function paintingFailed(thrown: unknown, signal: AbortSignal, byReference: boolean) {
  const problem = problemOf(thrown);
  const options = { cause: causeOf(problem) };
  const reason = reasonOf(problem, signal);
  if (reason === "timeout" || reason === "refused")
    return new PortraitGenerationError(reason, options);
  const unable = byReference && takesNoImages(problem);
  return new PortraitGenerationError(unable ? "no_references" : "failed", options);
}

type Problem = {
  name: string | undefined;
  status: number | undefined;
  /** Of an error of the network, such as `ECONNREFUSED`. */
  code: string | undefined;
  retryAfterSeconds: number | undefined;
  /** The provider's, to be searched and never shown. */
  words: string;
};

/** What can be known of what was thrown, which itself holds the request and what the provider said. */
function problemOf(thrown: unknown): Problem {
  const error = RetryError.isInstance(thrown) ? thrown.lastError : thrown;
  const name = error instanceof Error ? error.name : undefined;
  if (!APICallError.isInstance(error)) {
    // An error in the middle of a stream is the provider's own object.
    const { code, type, message } = Object(error) as Record<string, unknown>;
    const unknown = { status: undefined, code: undefined, retryAfterSeconds: undefined };
    return { ...unknown, name, words: `${code} ${type} ${message}` };
  }
  const { code } = Object(error.cause) as { code?: unknown };
  return {
    name,
    status: error.statusCode,
    code: /^[A-Z_]{3,40}$/.exec(String(code))?.[0],
    retryAfterSeconds: retryAfter(error.responseHeaders?.["retry-after"]),
    words: error.responseBody ?? "",
  };
}

function reasonOf({ name, status, words }: Problem, signal: AbortSignal) {
  if (signal.aborted || name === "AbortError" || name === "TimeoutError") return "timeout";
  if (status === 408 || status === 504) return "timeout";
  if (status === 429) return "busy";
  const unsafe = /content.?(policy|filter)|moderation|safety|unsafe|nsfw|flagged|responsible.?ai/i;
  if ((status === undefined || rejections.has(status)) && unsafe.test(words)) return "refused";
  return "failed";
}

/** For a log. */
function causeOf({ name, status, code }: Problem) {
  const known = status === undefined ? (code ?? name) : `HTTP ${status}`;
  return known && new Error(`The AI provider: ${known}`);
}

function takesNoImages({ name, status = 0, words }: Problem) {
  if (name === "AI_UnsupportedFunctionalityError") return true;
  if (status === 404 || status === 405 || status === 501) return true;
  const byModel = /"param"\s*:\s*"model"|model.{0,80}support|support.{0,80}model/i;
  return rejections.has(status) && byModel.test(words);
}

/** Servers say so with many a status, and always name what they do not know. */
function refusesForm(thrown: unknown) {
  const { status = 0, words } = problemOf(thrown);
  const form = /response.?format|json.?(schema|object|mode)|structured|grammar/i;
  return (rejections.has(status) || status >= 500) && form.test(words);
}

/** By which a server says that it takes a request as such, but not this one. */
const rejections = new Set([400, 403, 422]);
