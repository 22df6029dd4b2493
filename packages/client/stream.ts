import type { CharacterEvent, CharacterStreamRequest } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { readResponse, throwUnreachable } from "./transport.ts";

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
): AsyncGenerator<Exclude<CharacterEvent, { type: "error" }>, void> {
  const disconnect = new AbortController();
  const response = await fetch(streamUrl, {
    method: "POST",
    headers: { "content-type": "application/json", ...credential },
    body: JSON.stringify(request),
    signal: signal ? AbortSignal.any([signal, disconnect.signal]) : disconnect.signal,
  }).catch(throwUnreachable);
  if (!response.ok || !response.body) {
    await readResponse(response); // throws what the body of an error says
    throw new AppError("server.failed", "The stream has no body: try again");
  }
  try {
    for await (const event of readEvents(response.body)) {
      signal?.throwIfAborted();
      if (event.type === "error") {
        const { code, message, request_id: requestId } = event.error;
        throw new AppError(code, message, { requestId });
      }
      yield event;
      if (event.type === "done") return;
    }
    throw interrupted();
  } finally {
    disconnect.abort();
  }
}

const interrupted = (cause?: unknown) =>
  new AppError("service.unavailable", "The stream was interrupted: try again", { cause });

/** The named Server-Sent Events of a body, as they arrive. Comments are skipped. */
async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<CharacterEvent, void> {
  const arrived: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => arrived.push(message) });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((cause) => {
      throw cause instanceof DOMException ? cause : interrupted(cause);
    });
    if (done) return;
    parser.feed(decoder.decode(value, { stream: true }));
    for (const { event: type, data } of arrived.splice(0))
      if (type !== undefined) yield { type, ...JSON.parse(data) };
  }
}
