import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { createClient, KeepsakeError } from "@keepsake/client";
import { signInPath } from "./settings.ts";

/**
 * What a product's own server does for its page: turns a name into a page token, with the product's service
 * key. On a developer's machine any name signs in, so only the page of this server may ask, on loopback.
 * Resolves to false when the request is another one.
 */
export async function signInServer(
  request: IncomingMessage,
  response: ServerResponse,
  { api, serviceKey }: { api: string; serviceKey: string },
): Promise<boolean> {
  if (request.method !== "POST" || request.url !== signInPath) return false;
  const send = (status: number, body: object) => {
    response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(JSON.stringify(body));
  };
  const body = await text(request);
  if (isOwnPage(request)) {
    const { createToken } = createClient({ baseUrl: api, serviceKey });
    await createToken({ owner: nameOf(body) }).then(
      (token) => send(200, token),
      (error) => send(error instanceof KeepsakeError ? (error.status ?? 503) : 500, {}),
    );
  } else send(403, { message: "Only the page of this server may ask for a token" });
  return true;
}

/** The Host is checked too: a name of another page could resolve to this machine. */
function isOwnPage({ headers: { host, origin } }: IncomingMessage) {
  return /^(127\.0\.0\.1|localhost):\d+$/.test(host ?? "") && origin === `http://${host}`;
}

/** Empty, which the API refuses, when the body has no name. */
function nameOf(body: string): string {
  try {
    return String(JSON.parse(body).name ?? "");
  } catch {
    return "";
  }
}
