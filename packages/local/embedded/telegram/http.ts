import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiError } from "@grammyjs/types";
import { decodeUtf8 } from "@keepsake/contract/storable";
import { type BotApiFailure, badRequest } from "./botApiError.ts";

export type Parameters = Record<string, unknown>;

/** Parameters are in the query, a form or JSON; in the first two, objects are encoded as JSON. */
export function parseParameters(url: URL, type = "", body: Buffer): Parameters {
  if (type.startsWith("application/json")) return parseObject(decodeUtf8(body) ?? "");
  const form = type.startsWith("application/x-www-form-urlencoded") ? `${body}` : "";
  return Object.fromEntries(
    [...url.searchParams, ...new URLSearchParams(form)].map(([name, value]) => [
      name,
      /^[[{]/.test(value) ? parseJson(value) : value,
    ]),
  );
}

/** A parameter as text: a string or a number, and empty for anything else. */
export const textOf = (value: unknown) =>
  /^(string|number)$/.test(typeof value) ? `${value}` : "";

function parseObject(text: string): Parameters {
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badRequest("the parameters are not a JSON object");
  return value as Parameters;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest("can't parse JSON");
  }
}

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await request.toArray());
}

export function sendResult(response: ServerResponse, result: unknown) {
  sendJson(response, 200, { ok: true, result });
}

export function sendFailure(
  response: ServerResponse,
  { error_code, description, retry_after = 1 }: BotApiFailure,
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
  sendJson(response, error_code, body);
}

/** Telegram's own texts. */
const descriptions: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden: bot was blocked by the user",
  404: "Not Found",
  500: "Internal Server Error",
};

function sendJson(response: ServerResponse, status: number, body: object) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
