import * as http from "node:http";
import { pipeline } from "node:stream/promises";
import { type GuardOptions, guard } from "../hostAndOrigin.ts";
import { S3Error } from "./s3Error.ts";
import type { SimulatorResponse } from "./simulator.ts";

export type ProxyHandler = (
  request: http.IncomingMessage,
  response: http.ServerResponse,
) => Promise<void>;

/**
 * Creates, without listening, the guarded server of a proxy. Errors become S3's XML, an `S3Error` with its
 * own code.
 */
export function createProxyServer(handle: ProxyHandler, options: Omit<GuardOptions, "send">) {
  const server = http.createServer((request, response) => {
    handle(request, response).catch((error: Error) => {
      if (response.headersSent || request.errored) return response.destroy();
      const { status, code, details } = error instanceof S3Error ? error : internalError;
      // Node reads and drops the rest of the body, so an early response does not reset the connection
      sendError(response, status, { Code: code, Message: error.message, ...details });
    });
  });
  server.keepAliveTimeout = 60_000; // longer than clients keep an idle connection
  return guard(server, {
    ...options,
    send: (response, { status, message }) =>
      sendError(response, status, {
        Code: status === 400 ? "InvalidURI" : "AccessForbidden",
        Message: message,
      }),
  });
}

const internalError = { status: 500, code: "InternalError", details: {} };

function sendError(
  response: http.ServerResponse,
  status: number,
  elements: Record<string, string>,
) {
  const xml = Object.entries(elements).map(
    ([name, text]) => `<${name}>${text.replace(/[<>&]/g, " ")}</${name}>`,
  );
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(`<?xml version="1.0" encoding="UTF-8"?><Error>${xml.join("")}</Error>`);
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
  upstream: SimulatorResponse,
  response: http.ServerResponse,
  headers: http.IncomingHttpHeaders,
) {
  response.writeHead(upstream.statusCode ?? 500, headers);
  await pipeline(upstream, response);
}
