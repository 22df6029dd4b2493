import { KeepsakeError } from "./keepsakeError.ts";
import { readResponse, throwUnreachable } from "./transport.ts";

/** @public */
export type PageTokenOptions = { fetch?: typeof fetch };

type Kept = { token: string; isFresh(): boolean };

/**
 * The `token` of a page's client: asks your backend for it with a `POST` to `url`, which answers what
 * `createToken` resolved to. A token is used until a minute before it expires (a quarter of its time when
 * that is less), whatever the clock of the visitor's device says; on another origin that clock decides, unless
 * `access-control-expose-headers` lists `date`. One that the API refuses is replaced once. Make a new client when the
 * user changes: this function keeps the token of the user before.
 */
export function pageToken(
  url: string,
  options: PageTokenOptions = {},
): (() => Promise<string>) & { discard(refused: string): void } {
  const { fetch = globalThis.fetch } = options;
  const route = `The token route ${url}`;
  let current: Kept | undefined;
  let asking: Promise<Kept> | undefined;

  async function request(): Promise<Kept> {
    const response = await fetch(url, { method: "POST" }).catch((cause) =>
      throwUnreachable(cause, route),
    );
    const body = ((await readResponse(response, route)) ?? {}) as Record<string, unknown>;
    const { token } = body;
    const expiresAt = Date.parse(String(body.expires_at));
    if (!token || typeof token !== "string" || Number.isNaN(expiresAt))
      throw new KeepsakeError(
        "server.failed",
        `${route} must answer what createToken resolved to, with token and expires_at`,
        { status: response.status },
      );
    const now = Date.parse(response.headers.get("date") ?? "") || Date.now();
    const seconds = (expiresAt - now) / 1_000;
    const margin = 1 + Math.min(60, seconds / 4); // both times are in whole seconds
    const elapsedMs = startStopwatch();
    return { token, isFresh: () => elapsedMs() < (seconds - margin) * 1_000 };
  }

  async function freshToken(): Promise<string> {
    if (current?.isFresh()) return current.token;
    asking ??= request().finally(() => {
      asking = undefined;
    });
    current = await asking;
    return current.token;
  }

  return Object.assign(freshToken, {
    discard(refused: string) {
      if (current?.token === refused) current = undefined;
    },
  });
}

/** `performance.now()` stands still while some devices sleep, and the clock may be set back: the larger time counts. */
function startStopwatch(): () => number {
  const startedAt = performance.now();
  const startDate = Date.now();
  return () => Math.max(performance.now() - startedAt, Date.now() - startDate);
}
