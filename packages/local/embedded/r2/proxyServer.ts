import * as http from "node:http";
import { pipeline } from "node:stream/promises";
import { S3Error } from "./s3Error.ts";

export type ProxyHandler = (
  request: http.IncomingMessage,
  response: http.ServerResponse,
) => Promise<void>;

/** Creates, without listening, the server of a proxy. Errors become S3's XML, an `S3Error` with its own code. */
export function createProxyServer(handle: ProxyHandler) {
  const server = http.createServer((request, response) => {
    handle(request, response).catch((error: Error) => {
      if (response.headersSent || request.errored) return response.destroy();
      const { status, code } = error instanceof S3Error ? error : internalError;
      // Node reads and drops the rest of the body, so an early response does not reset the connection
      response.writeHead(status, { "content-type": "application/xml" });
      response.end(errorXml(code, error.message));
    });
  });
  server.keepAliveTimeout = 60_000; // longer than clients keep an idle connection
  return server;
}

const internalError = { status: 500, code: "InternalError" };

function errorXml(code: string, message: string) {
  const text = message.replace(/[<>&]/g, " ");
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${text}</Message></Error>`;
}

/** The URL of a request; undefined when parsing changes its path, as with `..`, which could leave the bucket. */
export function parsePlainUrl(target = "") {
  const url = URL.parse(target, "http://proxy");
  return url?.pathname === target.split("?")[0] ? url : undefined;
}

export function pickHeaders(
  headers: http.IncomingHttpHeaders,
  names: string[],
): http.IncomingHttpHeaders {
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] ? [[name, headers[name]]] : [])),
  );
}

/** Sends the simulator's status and body, with these headers in place of its own. */
export async function sendResponse(
  upstream: http.IncomingMessage,
  response: http.ServerResponse,
  headers: http.IncomingHttpHeaders,
) {
  response.writeHead(upstream.statusCode ?? 500, headers);
  await pipeline(upstream, response);
}
