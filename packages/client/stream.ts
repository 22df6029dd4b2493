import type { CharacterStreamRequest, ErrorCode, GeneratedCharacter } from "./apiTypes.ts";
import { KeepsakeError } from "./keepsakeError.ts";
import { readResponse, throwUnreachable } from "./transport.ts";

/** What `streamCharacters` yields. `index` is the number of the character, from 0. */
export type CharacterEvent =
  | { type: "character"; index: number; character: GeneratedCharacter }
  | { type: "portrait"; index: number; image_portrait_base64: string }
  | { type: "portrait_error"; index: number; portrait_error: "timeout" | "refused" | "failed" }
  | { type: "done" };

type SentEvent =
  | CharacterEvent
  | { type: "error"; error: { code: ErrorCode; message: string; request_id: string } };

type StreamOptions = {
  streamUrl: string;
  credential: Record<string, string>;
  fetch: typeof fetch;
  signal?: AbortSignal | undefined;
};

/**
 * Characters as they are generated. Ends after `done`. Throws the error of a rejected request, and of an
 * `error` event. Leaving the loop disconnects.
 */
export async function* streamCharacters(
  request: CharacterStreamRequest,
  { streamUrl, credential, fetch, signal }: StreamOptions,
): AsyncGenerator<CharacterEvent, void> {
  signal?.throwIfAborted();
  const disconnect = new AbortController();
  const abort = () => disconnect.abort();
  signal?.addEventListener("abort", abort); // AbortSignal.any is missing in browsers of 2023
  try {
    const response = await fetch(streamUrl, {
      method: "POST",
      headers: { "content-type": "application/json", ...credential },
      body: JSON.stringify(request),
      signal: disconnect.signal,
    }).catch(throwUnreachable);
    if (!response.ok || !response.body) {
      await readResponse(response); // throws what the body of an error says
      throw new KeepsakeError("server.failed", "The stream has no body: try again");
    }
    for await (const event of readEvents(response.body)) {
      signal?.throwIfAborted();
      if (event.type === "error") {
        const { code, message, request_id: requestId } = event.error;
        throw new KeepsakeError(code, message, { requestId });
      }
      yield event;
      if (event.type === "done") return;
    }
    throw interrupted();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
    disconnect.abort();
  }
}

const interrupted = (cause?: unknown) =>
  new KeepsakeError("service.unavailable", "The stream was interrupted: try again", { cause });

/** The named Server-Sent Events of a body, as they arrive, each with JSON as its data. Comments are skipped. */
async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<SentEvent, void> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = "";
  let type: string | undefined;
  let json = "";
  for (;;) {
    const { done, value } = await reader.read().catch((cause) => {
      throw interrupted(cause);
    });
    if (done) return;
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      if (line.startsWith("event:")) type = line.slice("event:".length).trim();
      else if (line.startsWith("data:")) json += line.slice("data:".length).trim();
      else if (line.trim() === "") {
        if (type && json) yield { type, ...JSON.parse(json) };
        type = undefined;
        json = "";
      }
    }
  }
}
