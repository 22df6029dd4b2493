import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiError } from "@grammyjs/types";

export type Parameters = Record<string, unknown>;

/** What Telegram answers instead of doing as it is told, in its own words when none are given. */
export type Refusal = { error_code: number; description?: string; retry_after?: number };

export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.description);
    this.refusal = refusal;
  }
}

export const badRequest = (why: string) =>
  new Refused({ error_code: 400, description: `Bad Request: ${why}` });

export function refuse(
  response: ServerResponse,
  { error_code, description, retry_after }: Refusal,
) {
  const wait = retry_after ?? 1;
  const flooded = error_code === 429;
  const answer: ApiError = {
    ok: false,
    error_code,
    description:
      description ??
      (flooded ? `Too Many Requests: retry after ${wait}` : (ownWords[error_code] ?? "")),
    ...(flooded && { parameters: { retry_after: wait } }),
  };
  if (flooded) response.setHeader("retry-after", wait);
  send(response, error_code, answer);
}

const ownWords: Record<number, string> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden: bot was blocked by the user",
  404: "Not Found",
  500: "Internal Server Error",
};

export function send(response: ServerResponse, status: number, answer: object) {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
}

/** Parameters come in the query, as a form or as JSON; in the first two, objects are JSON again. */
export function parametersOf(url: URL, type = "", body: Buffer): Parameters {
  if (type.startsWith("application/json")) return JSON.parse(`${body}`);
  const form = type.startsWith("application/x-www-form-urlencoded") ? `${body}` : "";
  return Object.fromEntries(
    [...url.searchParams, ...new URLSearchParams(form)].map(([name, value]) => [
      name,
      /^[[{]/.test(value) ? JSON.parse(value) : value,
    ]),
  );
}

export async function read(request: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await request.toArray());
}

export function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Refused({ error_code: 400 });
  }
}

export const unixTime = () => Math.floor(Date.now() / 1_000);
