import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";

/** A request that an HTTP server of this process received, and the whole response that it sent. */
export type Exchange = {
  method: string;
  /** Path and query. */
  target: string;
  sentHeaders: IncomingHttpHeaders;
  sentBody: string;
  status: number;
  headers: Record<string, unknown>;
  body: string;
};

type Started = { request: IncomingMessage; response: ServerResponse };

/**
 * Calls `onExchange` with each exchange of the server on a port. Node reports every request, so that no
 * connection is proxied: nothing is slower or later, and a client that disconnects is seen as such. Returns
 * a function that stops it.
 */
export function recordExchanges(port: number, onExchange: (exchange: Exchange) => void) {
  const onStart = (message: unknown) => {
    const { request, response } = message as Started;
    if (request.socket.localPort === port) record(request, response, onExchange);
  };
  subscribe("http.server.request.start", onStart);
  return () => {
    unsubscribe("http.server.request.start", onStart);
  };
}

function record(
  request: IncomingMessage,
  response: ServerResponse,
  onExchange: (exchange: Exchange) => void,
) {
  const { method = "", url: target = "/", headers: sentHeaders } = request;
  const sent: Buffer[] = [];
  const received: Buffer[] = [];
  const given: Record<string, unknown> = {};

  // what is read of the request stays as it is: its parser passes each chunk to `push`
  wrap(request, "push", ([chunk]) => keep(sent, chunk));
  wrap(response, "write", ([chunk]) => keep(received, chunk));
  wrap(response, "end", ([chunk]) => keep(received, chunk));
  wrap(response, "writeHead", (args) => Object.assign(given, args.at(-1)));
  response.once("finish", () => {
    const headers = { ...response.getHeaders(), ...given };
    const bytes = Buffer.concat(received);
    onExchange({
      method,
      target,
      sentHeaders,
      sentBody: Buffer.concat(sent).toString(),
      status: response.statusCode,
      headers,
      body: (isGzip(headers) && bytes.length > 0 ? gunzipSync(bytes) : bytes).toString(),
    });
  });
}

const isGzip = (headers: Record<string, unknown>) => headers["content-encoding"] === "gzip";

function wrap<Target extends object>(
  target: Target,
  method: keyof Target & string,
  before: (args: unknown[]) => void,
) {
  const original = target[method] as (...args: unknown[]) => unknown;
  const wrapped = (...args: unknown[]) => {
    before(args);
    return original.apply(target, args);
  };
  Object.assign(target, { [method]: wrapped });
}

function keep(chunks: Buffer[], chunk: unknown) {
  if (typeof chunk === "string" || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
}
