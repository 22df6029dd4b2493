import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { exposedHeaders } from "@keepsake/contract/routes";
import { guard, isAllowedOrigin } from "../embedded/hostAndOrigin.ts";
import { listen } from "../embedded/listen.ts";
import { httpEvent, readBody } from "./httpEvent.ts";
import { invocationContext, type StreamingFunction } from "./lambda.ts";
import { ResponseStream } from "./responseStream.ts";

type FunctionUrlOptions = { port: number; lambda: StreamingFunction; webOrigins: string[] };

/** A Lambda function URL on loopback, with response streaming and CORS. Tokens are the function's to check. */
export async function startFunctionUrl({ port, lambda, webOrigins }: FunctionUrlOptions) {
  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      if (request.errored) return response.destroy(); // the client went away while it was sending
      console.error(error);
      // after the headers, only a broken connection can report an error
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end("Internal Server Error");
    });
  });
  const boundPort = await listen(guard(server, { webOrigins }), port);

  return {
    url: `http://127.0.0.1:${boundPort}/`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse) {
    const { origin } = request.headers;
    if (origin !== undefined && isAllowedOrigin(origin, webOrigins)) {
      response.setHeader("access-control-allow-origin", origin);
      response.setHeader("access-control-expose-headers", exposedHeaders.join(","));
      response.setHeader("vary", "origin");
    }
    if (request.method === "OPTIONS") {
      response.setHeader("access-control-allow-methods", "POST");
      response.setHeader("access-control-allow-headers", "authorization,content-type");
      response.writeHead(200).end();
      return;
    }
    const url = new URL(request.url ?? "/", "http://function");
    const body = await readBody(request);
    if (body === undefined) return void response.writeHead(413).end();
    const event = httpEvent(request, url, decodeURIComponent(url.pathname), body, undefined);
    const stream = new ResponseStream(response);
    const timeout = setTimeout(() => stream.destroy(), lambda.timeoutMs);
    try {
      await lambda.handler(
        JSON.parse(JSON.stringify(event)) as never,
        stream,
        invocationContext(lambda),
      );
    } finally {
      clearTimeout(timeout);
    }
  }
}
