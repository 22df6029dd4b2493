import { hash } from "node:crypto";
import type { CharacterGenerator, CharacterRequest } from "@keepsake/core/ports";
import { type LanguageModel, streamText } from "ai";
import { characterSchema, listJsonSchema } from "./characterSchema.ts";
import { rejectsResponseFormat, toCharacterGenerationError } from "./generationErrors.ts";
import { jsonObjects } from "./jsonObjects.ts";
import { type AiLink, createProvider } from "./openAiCompatibleClient.ts";

/**
 * A character generator on a chat model. It waits `deadlineMs` for the first character, and as long again
 * for each next one. When the model is late, fails or stops early, the characters that are complete
 * remain; when there are none, `CharacterGenerationError` is thrown. The seed is passed on, though few
 * models repeat themselves by it.
 *
 * The response format is a JSON schema. A server that rejects it is asked for any JSON, then for plain
 * text: the prompt names every field, and every answer is validated in the same way.
 */
export function aiCharacterGenerator(
  link: AiLink,
  { deadlineMs = 25_000 } = {},
): CharacterGenerator {
  const schema = characterSchema();
  const chatModel = (response_format?: object) =>
    createProvider(link, { response_format }).chatModel(link.textModel);
  const models = {
    json_schema: chatModel({ type: "json_schema", json_schema: listJsonSchema(schema) }),
    json_object: chatModel({ type: "json_object" }),
    text: chatModel(),
  };
  // A format that was rejected once is not tried again.
  let format: keyof typeof models = "json_schema";

  return {
    async *generate(request) {
      const names = new Set<string>();
      const { signal, watch } = idleTimeout(deadlineMs, request.signal);
      let failure: unknown;
      try {
        const characters = watch(streamCharacters(request, signal));
        for await (const { name, description, ...details } of characters) {
          const key = name.toLowerCase();
          if (names.has(key)) continue;
          names.add(key);
          yield { name, description, details };
          if (names.size === request.count) return;
        }
      } catch (error) {
        failure = error;
      }
      if (names.size === 0) throw toCharacterGenerationError(failure, signal);
      if (failure !== undefined)
        request.onIncomplete?.(toCharacterGenerationError(failure, signal));
    },
  };

  async function* streamCharacters(request: CharacterRequest, signal: AbortSignal) {
    for (;;) {
      const tried = format;
      try {
        for await (const object of jsonObjects(streamAnswer(models[tried], request, signal))) {
          const { data } = schema.safeParse(object);
          if (data) yield data;
        }
        return;
      } catch (error) {
        if (tried === "text" || !rejectsResponseFormat(error)) throw error;
        format = tried === "json_schema" ? "json_object" : "text";
      }
    }
  }
}

async function* streamAnswer(model: LanguageModel, request: CharacterRequest, signal: AbortSignal) {
  const stopped = new AbortController();
  let failure: unknown;
  const { textStream } = streamText({
    model,
    ...characterPrompt(request),
    maxRetries: 1,
    abortSignal: AbortSignal.any([signal, stopped.signal]),
    // On an error `textStream` only ends. Without a handler the SDK prints all that the provider said.
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
    // When the reader stops early, stop the model too: every further token costs money.
    stopped.abort();
  }
  if (failure !== undefined) throw failure;
}

/**
 * A signal that is aborted when `watch` waited `ms` for its next item, or by the caller. The time that
 * the consumer takes between two items does not count.
 */
function idleTimeout(ms: number, callerSignal: AbortSignal | undefined) {
  const idle = new AbortController();
  const signal = callerSignal ? AbortSignal.any([callerSignal, idle.signal]) : idle.signal;
  const startTimer = () => setTimeout(() => idle.abort(), ms);

  async function* watch<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    let timer = startTimer();
    try {
      for await (const item of items) {
        clearTimeout(timer);
        yield item;
        timer = startTimer();
      }
    } finally {
      clearTimeout(timer);
    }
  }
  return { signal, watch };
}

function characterPrompt({ theme, count, prompt, seed }: CharacterRequest) {
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
