import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiError } from "@grammyjs/types";
import { BotApiError, type BotApiFailure } from "./botApiError.ts";

/** Telegram's limit for files that bots send is 50 MB. */
export const maxRequestBytes = 51 * 1024 * 1024;

/** Reads the whole body. Throws Telegram's 413 when it is larger than `maxBytes`. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length <= maxBytes) chunks.push(chunk); // a client reads no answer before it has sent everything
  }
  if (length > maxBytes) throw new BotApiError({ error_code: 413 });
  return Buffer.concat(chunks);
}

export function sendResult(response: ServerResponse, result: unknown) {
  sendJson(response, 200, { ok: true, result });
}

export function sendFailure(
  response: ServerResponse,
  { error_code, description, retry_after = 1, status = error_code }: BotApiFailure,
) {
  const isFlood = error_code === 429;
  const flood = `Too Many Requests: retry after ${retry_after}`;
  const body: ApiError = {
    ok: false,
    error_code,
    description: description ?? (isFlood ? flood : (descriptions[error_code] ?? "")),
    ...(isFlood && { parameters: { retry_after } }),
  };
  if (isFlood) response.setHeader("retry-after", retry_after);
  sendJson(response, status, body);
}

/** Telegram's own texts. */
const descriptions: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden: bot was blocked by the user",
  404: "Not Found",
  413: "Request Entity Too Large",
  500: "Internal Server Error",
};

function sendJson(response: ServerResponse, status: number, body: object) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
