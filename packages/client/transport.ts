import type { Output, Sent } from "@keepsake/contract/api";
import { AppError, type ErrorCode, statuses } from "@keepsake/contract/errors";
import { type Route, type RouteName, requestIdHeader, routes } from "@keepsake/contract/routes";
import { type Credential, credentialHeaders } from "./credential.ts";
import { pause } from "./pause.ts";

export type TransportOptions = Credential & {
  /** Where the API is, e.g. `http://127.0.0.1:3000`. */
  baseUrl: string;
  fetch?: typeof fetch;
  /** The URL of `streamCharacters`, which is not under `baseUrl`. */
  streamUrl?: string;
};

export type CallOptions = {
  signal?: AbortSignal;
  /** Makes a request that creates rows safe to repeat. Generated when there is none. */
  idempotencyKey?: string;
};

export type RouteMethods = { [Name in RouteName]: RouteMethod<Name> };

type RouteMethod<Name extends RouteName> = (
  ...args: object extends Sent<Name>
    ? [input?: Sent<Name>, options?: CallOptions]
    : [input: Sent<Name>, options?: CallOptions]
) => Promise<Output<Name>>;

type Input = Record<string, unknown>;

const attempts = 3;
const maxRetryAfterSeconds = 10;

/**
 * Returns a function that sends one request of a route. A request that is safe to repeat is sent up to
 * 3 times while the API is unavailable or its responses are lost, and after `retry-after` when the API
 * sends it. An error that asks for more than 10 s is thrown at once.
 */
export function createTransport(transport: TransportOptions) {
  const { baseUrl, fetch = globalThis.fetch } = transport;
  return async function call(name: RouteName, input: Input, options: CallOptions) {
    const { method, creates, repeatable }: Route = routes[name];
    const { signal, idempotencyKey = creates && crypto.randomUUID() } = options;
    const isRepeatable = method === "GET" || creates !== undefined || repeatable === true;
    const { url, body } = toRequest(name, input);

    for (let attempt = 1; ; attempt += 1) {
      const headers = {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(await credentialHeaders(transport)),
        ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
      };
      try {
        const init = {
          method,
          headers,
          ...(body !== undefined && { body }),
          ...(signal && { signal }),
        };
        return await readResponse(await fetch(baseUrl + url, init).catch(throwUnreachable));
      } catch (error) {
        signal?.throwIfAborted();
        const delayMs = retryDelayMs(error, attempt);
        if (!isRepeatable || attempt === attempts || delayMs === undefined) throw error;
        await pause(delayMs, signal);
      }
    }
  };
}

/** How long to wait before another attempt, with jitter; undefined when it would fail again. */
function retryDelayMs(error: unknown, attempt: number): number | undefined {
  if (!(error instanceof AppError)) return undefined;
  const { code, retryAfterSeconds = 0 } = error;
  const saysWhen = retryAfterSeconds > 0 && [429, 503].includes(statuses[code]);
  if (code !== "service.unavailable" && !saysWhen) return undefined;
  if (retryAfterSeconds > maxRetryAfterSeconds) return undefined;
  return retryAfterSeconds * 1_000 + 100 * 2 ** attempt * (1 + Math.random());
}

/** Path parameters go into the path; of a POST, PUT or PATCH those of its `query` into the query and the others into the body; else all into the query. */
function toRequest(name: RouteName, input: Input): { url: string; body: string | undefined } {
  const { method, path, query: inQuery = [] }: Route = routes[name];
  const rest = { ...input };
  const filled = path.replace(/\{(\w+)\}/g, (_, parameter: string) => {
    const value = String(rest[parameter]);
    delete rest[parameter];
    return encodeURIComponent(value);
  });
  const hasBody = method !== "GET" && method !== "DELETE";
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(rest)) {
    if (hasBody && !inQuery.includes(key)) continue;
    if (value !== undefined) query.append(key, String(value));
    delete rest[key];
  }
  return {
    url: query.size > 0 ? `${filled}?${query}` : filled,
    body: hasBody ? JSON.stringify(rest) : undefined,
  };
}

/**
 * Resolves to the body of a success; undefined when it is empty. Throws the `AppError` of any other
 * response, and `service.unavailable` when the connection failed before the body's end.
 */
export async function readResponse(response: Response): Promise<unknown> {
  const text = await response.text().catch(throwUnreachable);
  const body = parseJson(text);
  if (response.ok && (body !== undefined || text === "")) return body;
  const requestId = response.headers.get(requestIdHeader) ?? undefined;
  if (response.ok)
    throw new AppError("service.unavailable", "The response was cut off: try again", { requestId });

  const retryAfterSeconds = Number(response.headers.get("retry-after")) || undefined;
  const { error } = (body ?? {}) as { error?: Partial<ErrorBody> };
  if (error?.code !== undefined && error.code in statuses) {
    const { code, message = "", details, request_id = requestId } = error;
    throw new AppError(code, message, { details, requestId: request_id, retryAfterSeconds });
  }
  const [code, message] = gatewayErrors[response.status] ?? [
    "server.failed",
    `The API answered with status ${response.status} and no error code: try again`,
  ];
  throw new AppError(code, message, { requestId, retryAfterSeconds });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

type ErrorBody = { code: ErrorCode; message: string; details: object; request_id: string };

/** Responses that API Gateway sends itself, without a body of ours. */
const gatewayErrors: Record<number, [ErrorCode, string]> = {
  401: ["token.refused", "The token is missing, expired or not valid here: sign in again"],
  413: ["request.too_large", "The request is over 6 MB: send less at once"],
  429: ["service.unavailable", "Too many requests at once: try again"],
  503: ["service.unavailable", "The API did not answer in time: try again"],
};

/** Turns the failure of a request that got no response into an `AppError`. Aborts pass unchanged. */
export function throwUnreachable(cause: unknown): never {
  if (cause instanceof DOMException) throw cause;
  throw new AppError("service.unavailable", "The API cannot be reached: try again", { cause });
}
