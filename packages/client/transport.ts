import { type Route, requestIdHeader, routes } from "@keepsake/contract/routes";
import type { ApiMethods, ErrorCode } from "./apiTypes.ts";
import type { CallOptions } from "./callOptions.ts";
import { type Credential, credentialHeaders, discardRefused } from "./credential.ts";
import { KeepsakeError } from "./keepsakeError.ts";
import { pause } from "./pause.ts";

export type TransportOptions = Credential & {
  /** Where the API is, e.g. `http://127.0.0.1:3000`. */
  baseUrl: string;
  fetch?: typeof fetch;
  /** The URL of `streamCharacters`, which is not under `baseUrl`. */
  streamUrl?: string;
};

type Call = (name: RouteName, input: Input, options: CallOptions) => Promise<unknown>;

type RouteName = keyof ApiMethods;
type Input = Record<string, unknown>;

const attempts = 3;
const maxRetryAfterSeconds = 10;

/**
 * Returns a function that sends one request of a route. A request that is safe to repeat is sent up to
 * 3 times while the API is unavailable or its responses are lost, and after `retry-after` when the API
 * sends it. An error that asks for more than 10 s is thrown at once.
 */
export function createTransport(transport: TransportOptions): Call {
  const { baseUrl, fetch = globalThis.fetch } = transport;
  return async function call(name: RouteName, input: Input, options: CallOptions) {
    const { method, creates, repeatable }: Route = routes[name];
    const { signal, idempotencyKey = creates && crypto.randomUUID() } = options;
    const isRepeatable = method === "GET" || creates !== undefined || repeatable === true;
    const { url, body } = toRequest(name, input);

    let renewed = false;
    for (let attempt = 1; ; attempt += 1) {
      const credential = await credentialHeaders(transport);
      const headers = {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...credential,
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
        if (!renewed && discardRefused(transport, credential, error)) {
          renewed = true; // nothing was done: every request may be repeated
          continue;
        }
        const delayMs = retryDelayMs(error, attempt);
        if (!isRepeatable || attempt >= attempts || delayMs === undefined) throw error;
        await pause(delayMs, signal);
      }
    }
  };
}

/** How long to wait before another attempt, with jitter; undefined when it would fail again. */
function retryDelayMs(error: unknown, attempt: number): number | undefined {
  if (!(error instanceof KeepsakeError)) return undefined;
  const { code, status, retryAfterSeconds = 0 } = error;
  const saysWhen = retryAfterSeconds > 0 && (status === 429 || status === 503);
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
  const search = query.toString(); // `size` is missing in Safari 16
  return {
    url: search ? `${filled}?${search}` : filled,
    body: hasBody ? JSON.stringify(rest) : undefined,
  };
}

/**
 * Resolves to the body of a success; undefined when it is empty. Throws the `KeepsakeError` of any other
 * response, and `service.unavailable` when the connection failed before the body's end.
 */
export async function readResponse(response: Response, sender = "The API"): Promise<unknown> {
  const text = await response.text().catch((cause) => throwUnreachable(cause, sender));
  const body = parseJson(text);
  if (response.ok && (body !== undefined || text === "")) return body;
  if (response.ok && isOtherThanJson(response))
    throw new KeepsakeError("server.failed", "The server did not answer JSON: is its URL right?");
  const { status, headers } = response;
  const requestId = headers.get(requestIdHeader) ?? undefined;
  if (response.ok)
    throw new KeepsakeError(
      "service.unavailable",
      `${sender} sent a response that was cut off: try again`,
      {
        requestId,
      },
    );

  const retryAfterSeconds = Number(headers.get("retry-after")) || undefined;
  const { error } = (body ?? {}) as { error?: Partial<ErrorBody> };
  const [code, message] = gatewayErrors(sender)[status] ?? [
    "server.failed",
    `${sender} answered with status ${status} and no error code: try again`,
  ];
  throw new KeepsakeError(error?.code ?? code, error?.message ?? message, {
    details: error?.details,
    requestId: error?.request_id ?? requestId,
    retryAfterSeconds,
    status,
  });
}

/** Another server may answer at a wrong URL, such as a page's own with its HTML. */
function isOtherThanJson({ headers }: Response): boolean {
  return !(headers.get("content-type") ?? "json").includes("json");
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
const gatewayErrors = (sender: string): Record<number, [ErrorCode, string]> => ({
  401: ["token.refused", "The token is missing, expired or not valid here: sign in again"],
  413: ["request.too_large", "The request is over 6 MB: send less at once"],
  429: ["service.unavailable", "Too many requests at once: try again"],
  503: ["service.unavailable", `${sender} did not answer in time: try again`],
});

/** Turns the failure of a request that got no response into a `KeepsakeError`. Aborts pass unchanged. */
export function throwUnreachable(cause: unknown, sender = "The API"): never {
  if (cause instanceof DOMException) throw cause;
  throw new KeepsakeError("service.unavailable", `${sender} cannot be reached: try again`, {
    cause,
  });
}
