import type { CharacterEvent, CharacterStreamRequest } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { read, unreachable } from "./transport.ts";

type StreamOptions = {
  streamUrl: string;
  token: string | undefined;
  fetch: typeof fetch;
  signal?: AbortSignal | undefined;
};

/**
 * Characters as they are made. Ends after `done`; throws what was refused, and what the stream itself
 * reports. Leaving the loop hangs up.
 */
export async function* streamCharacters(
  request: CharacterStreamRequest,
  { streamUrl, token, fetch: send, signal }: StreamOptions,
): AsyncGenerator<Exclude<CharacterEvent, { type: "error" }>, void> {
  const hangUp = new AbortController();
  const response = await send(streamUrl, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(request),
    signal: signal ? AbortSignal.any([signal, hangUp.signal]) : hangUp.signal,
  }).catch(unreachable);
  if (!response.ok || !response.body) {
    await read(response); // throws what the answer says
    throw new AppError("server.failed", "The stream has no body");
  }
  try {
    for await (const event of eventsOf(response.body)) {
      signal?.throwIfAborted();
      if (event.type === "error") {
        const { code, message, request_id: requestId } = event.error;
        throw new AppError(code, message, { requestId });
      }
      yield event;
      if (event.type === "done") return;
    }
    throw brokenOff();
  } finally {
    hangUp.abort();
  }
}

const brokenOff = (cause?: unknown) =>
  new AppError("service.unavailable", "The stream broke off: try again", { cause });

/** Server-Sent Events, as far as ours use them: one `event` and one line of `data` each. */
async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<CharacterEvent, void> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read().catch((cause) => {
      throw cause instanceof DOMException ? cause : brokenOff(cause);
    });
    if (done) return;
    const frames = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = frames.pop() ?? "";
    for (const frame of frames) {
      const [, type, data] = /^event: (\w+)\ndata: (.*)$/.exec(frame) ?? [];
      if (type !== undefined && data !== undefined) yield { type, ...JSON.parse(data) };
    }
  }
}
