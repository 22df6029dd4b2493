import { AppError, type ErrorCode, statuses } from "@keepsake/contract/errors";
import { type Route, type RouteName, routes } from "@keepsake/contract/routes";

export type TransportOptions = {
  /** Where the API is, e.g. `http://127.0.0.1:3000`. */
  baseUrl: string;
  /** The caller's JWT, or how to get it; asked before every request. */
  token?: string | (() => string | Promise<string>);
  fetch?: typeof fetch;
  /** Where `streamCharacters` is, a URL of its own. */
  streamUrl?: string;
};

export type CallOptions = {
  signal?: AbortSignal;
  /** Makes a creating request safe to send again. The client makes one up when there is none. */
  idempotencyKey?: string;
};

type Input = Record<string, unknown>;

const attempts = 3;

/** Sends one request of a route. What may be repeated is, up to 3 times, when nobody answers. */
export function createTransport({
  baseUrl,
  token,
  fetch: send = globalThis.fetch,
}: TransportOptions) {
  return async function call(name: RouteName, input: Input, options: CallOptions) {
    const { method, creates }: Route = routes[name];
    const { signal, idempotencyKey = creates && crypto.randomUUID() } = options;
    const { url, body } = address(name, input);

    for (let attempt = 1; ; attempt += 1) {
      const bearer = typeof token === "function" ? await token() : token;
      const headers = {
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
        ...(idempotencyKey !== undefined && { "idempotency-key": idempotencyKey }),
      };
      try {
        const init = {
          method,
          headers,
          ...(body !== undefined && { body }),
          ...(signal && { signal }),
        };
        return await read(await send(baseUrl + url, init).catch(unreachable));
      } catch (error) {
        const unanswered = error instanceof AppError && error.code === "service.unavailable";
        const repeatable = method === "GET" || idempotencyKey !== undefined;
        if (!unanswered || !repeatable || attempt === attempts) throw error;
        await new Promise((resume) => setTimeout(resume, 100 * 2 ** attempt * (1 + Math.random())));
      }
    }
  };
}

/** Path parameters go into the path; the others into the body, or the query where there is none. */
function address(name: RouteName, input: Input): { url: string; body: string | undefined } {
  const { method, path }: Route = routes[name];
  const rest = { ...input };
  const filled = path.replace(/\{(\w+)\}/g, (_, parameter: string) => {
    const value = String(rest[parameter]);
    delete rest[parameter];
    return encodeURIComponent(value);
  });
  if (method === "POST" || method === "PUT") return { url: filled, body: JSON.stringify(rest) };
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([key, value]) => [key, String(value)]));
  return { url: query.size > 0 ? `${filled}?${query}` : filled, body: undefined };
}

/** The body of an answer; throws the error that it stands for. */
export async function read(response: Response): Promise<unknown> {
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return body;

  const { error } = (body ?? {}) as { error?: Partial<Refusal> };
  if (error?.code !== undefined && error.code in statuses) {
    const { code, message = "", details, request_id: requestId } = error;
    const retryAfterSeconds = Number(response.headers.get("retry-after")) || undefined;
    throw new AppError(code, message, { details, requestId, retryAfterSeconds });
  }
  const [code, message] = gatewayRefusals[response.status] ?? [
    "server.failed",
    `The API answered ${response.status} without saying why`,
  ];
  throw new AppError(code, message);
}

type Refusal = { code: ErrorCode; message: string; details: object; request_id: string };

/** What API Gateway answers by itself, before a function of ours could say more. */
const gatewayRefusals: Record<number, [ErrorCode, string]> = {
  401: ["token.refused", "The token is missing, expired or not valid here: sign in again"],
  413: ["request.too_large", "The request is over 6 MB: send less at once"],
  429: ["service.unavailable", "Too many requests at once: try again"],
  503: ["service.unavailable", "The API did not answer in time: try again"],
};

/** Throws what a request without an answer means. */
export function unreachable(cause: unknown): never {
  if (cause instanceof DOMException) throw cause; // aborted by the caller
  throw new AppError("service.unavailable", "The API cannot be reached: try again", { cause });
}
