import type { IncomingMessage, Server, ServerResponse } from "node:http";

export type GuardOptions = {
  /** The origins of the pages that may change something here, besides the server's own; none when not given. */
  webOrigins?: string[];
  /** True when a GET changes something too, as in Telegram's Bot API. */
  getChanges?: boolean;
  /** True when broken percent-encoding is passed on, for the server's own form of an error. */
  takesAnyEncoding?: boolean;
  /** True when signatures cover the Host, so that a proxy on another port may be in front. */
  isSigned?: boolean;
  /** Sends a refusal in the server's own form; JSON when not given. */
  send?: (response: ServerResponse, refusal: Refusal) => void;
};

type Refusal = { status: number; message: string };

/**
 * Checks every request before the listeners of a server on loopback see it, so that only this machine's
 * programs and the allowed pages can use the server. Any web page can send requests to 127.0.0.1: through
 * a name of its own that resolves to it (DNS rebinding), or by a form, an image or `fetch` without CORS.
 *
 * - 400: the target is not a path with valid percent-encoding, or there are several Hosts. An absolute URL
 *   is replaced by its path.
 * - 421: the Host is not 127.0.0.1, localhost or [::1] with the server's port.
 * - 403: the page of another origin asks for a change.
 */
export function guard<Guarded extends Server>(server: Guarded, options: GuardOptions = {}) {
  const { send = sendJson } = options;
  const listeners = server.listeners("request");
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const refusal = check(request, options);
    if (refusal) return send(response, refusal);
    for (const listener of listeners) listener.call(server, request, response);
  });
  return server;
}

/** Why the request is refused; undefined when it may be handled. */
function check(request: IncomingMessage, options: GuardOptions): Refusal | undefined {
  const { url: target = "" } = request;
  const { authority, path } = splitTarget(target);
  if (!isPath(path, options) || (authority !== undefined && !URL.canParse(target)))
    return { status: 400, message: "The request target is not a valid path" };
  if ((request.headersDistinct.host?.length ?? 0) > 1)
    return { status: 400, message: "A request has one Host" };
  const hosts =
    authority === undefined ? [request.headers.host] : [request.headers.host, authority];
  if (!hosts.every((host) => isOwnHost(host, request, options)))
    return { status: 421, message: "This server is for this machine: use its URL at 127.0.0.1" };
  if (isChange(request, options) && !isAllowedPage(request, options))
    return { status: 403, message: "Pages of this origin may not use this server" };
  request.url = path;
  return undefined;
}

/** A target is a path or, as proxies send it, a whole URL. */
function splitTarget(target: string) {
  const [, authority, rest = ""] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target) ?? [];
  if (authority === undefined) return { path: target };
  return { authority, path: rest.startsWith("/") ? rest : `/${rest}` };
}

/** False for `//`, `/\`, `*`, and percent-encoding that is broken or not UTF-8. */
function isPath(target: string, { takesAnyEncoding }: GuardOptions) {
  const path = target.split(/[?#]/)[0]!;
  if (!path.startsWith("/") || URL.parse(target, "http://localhost")?.host !== "localhost")
    return false;
  if (takesAnyEncoding) return true;
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}

function isOwnHost(host = "", { socket }: IncomingMessage, { isSigned }: GuardOptions) {
  const [name, port = "80"] = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::(\d+))?$/i.exec(host) ?? [];
  return name !== undefined && (isSigned || Number(port) === socket.localPort);
}

function isChange({ method }: IncomingMessage, { getChanges }: GuardOptions) {
  return getChanges ? method !== "OPTIONS" : !["GET", "HEAD", "OPTIONS"].includes(method ?? "");
}

function isAllowedPage({ headers }: IncomingMessage, { webOrigins = [] }: GuardOptions) {
  const { origin, host, "sec-fetch-site": site = "none" } = headers;
  // an image or a link sends no Origin; `none` is an address that the user entered
  if (origin === undefined) return ["none", "same-origin"].includes(String(site));
  return isAllowedOrigin(origin, webOrigins) || origin === `http://${host}`;
}

/** Pages of this machine, at any port: the default of `WEB_ORIGINS` has them. What changes something needs a credential. */
export const localPages = ["http://localhost:*", "http://127.0.0.1:*"];

/** Whether the list has this origin, or its host with any port as `localPages` writes it. */
export function isAllowedOrigin(origin: string, webOrigins: string[]): boolean {
  const anyPort = origin.replace(/:\d{1,5}$/, ":*");
  return (
    webOrigins.includes(origin) || (localPages.includes(anyPort) && webOrigins.includes(anyPort))
  );
}

function sendJson(response: ServerResponse, { status, message }: Refusal) {
  response
    .writeHead(status, { "content-type": "application/json" })
    .end(JSON.stringify({ message }));
}
