import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen } from "../embedded/listen.ts";
import { decode, payload, read } from "./httpEvent.ts";
import { context, type StreamingFunction } from "./lambda.ts";
import { ResponseStream } from "./responseStream.ts";

type FunctionUrlOptions = { port: number; lambda: StreamingFunction; webOrigins: string[] };

/** A Lambda function URL on loopback, with response streaming and CORS. Nobody checks tokens before it. */
export async function startFunctionUrl({ port, lambda, webOrigins }: FunctionUrlOptions) {
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      console.error(error);
      // a stream that breaks half-way has no other way to say so
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end("Internal Server Error");
    });
  });
  const bound = await listen(server, port);

  return {
    url: `http://127.0.0.1:${bound}/`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const { origin } = request.headers;
    if (origin !== undefined && webOrigins.includes(origin)) {
      response.setHeader("access-control-allow-origin", origin);
      response.setHeader("vary", "origin");
    }
    if (request.method === "OPTIONS") {
      response.setHeader("access-control-allow-methods", "POST");
      response.setHeader("access-control-allow-headers", "authorization,content-type");
      response.writeHead(200).end();
      return;
    }
    const url = new URL(request.url ?? "/", "http://function");
    const body = await read(request);
    if (body === undefined) return void response.writeHead(413).end();
    const event = payload(request, url, decode(url.pathname) ?? "/", body, undefined);
    const stream = new ResponseStream(response);
    const timeout = setTimeout(() => stream.destroy(), lambda.timeoutMs);
    try {
      await lambda.handler(JSON.parse(JSON.stringify(event)) as never, stream, context(lambda));
    } finally {
      clearTimeout(timeout);
    }
  }
}
