import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

type AlteredResponse = { status: number; headers: string[]; body: Buffer };
type ProxiedRequest = {
  method: string;
  path: string;
  query: URLSearchParams;
  sent: http.IncomingHttpHeaders;
  body: Buffer;
};
export type Alter = (
  request: ProxiedRequest,
  response: AlteredResponse,
) => AlteredResponse | Promise<AlteredResponse>;

/**
 * A proxy to an HTTP server on loopback. Each response passes through `alter`, which a test sets: what it
 * returns is consistent, because the length in the headers is that of the body. When it throws, the response
 * is lost. What `alterBody` returns, of the same length, is sent on in place of a request's body.
 */
export async function alteringProxy(target: string) {
  const { hostname, port, href } = new URL(target);
  const proxy = {
    alter: unaltered,
    alterBody: (({ body }) => body) as (request: ProxiedRequest) => Buffer,
  };
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((request, response) => {
    forward(request, response).catch(() => request.socket.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  async function forward(request: http.IncomingMessage, response: http.ServerResponse) {
    const { method = "", url = "/", rawHeaders } = request;
    const options = { agent, hostname, port, method, path: url, headers: rawHeaders as never };
    const outgoing = http.request(options); // headers unchanged, the host too: they are signed
    const { pathname: path, searchParams: query } = new URL(url, "http://proxy");
    const body = await buffer(request);
    const proxied = { method, path, query, sent: request.headers, body };
    outgoing.end(proxy.alterBody(proxied));
    const [incoming] = (await once(outgoing, "response")) as [http.IncomingMessage];
    const original = {
      status: incoming.statusCode ?? 500,
      headers: incoming.rawHeaders,
      body: await buffer(incoming),
    };
    const altered = await proxy.alter(proxied, original);
    const { length } = altered.body;
    const isCut = length !== original.body.length;
    const headers = isCut ? withLength(altered.headers, length) : altered.headers;
    response.writeHead(altered.status, headers).end(altered.body);
  }

  return Object.assign(proxy, {
    url: href.replace(`:${port}`, `:${(server.address() as AddressInfo).port}`).replace(/\/$/, ""),
    async stop() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  });
}

export const unaltered: Alter = (_, response) => response;

/** Replaces the value of a header, or adds it. */
export function withHeader(headers: string[], name: string, value: string): string[] {
  return [...withoutHeaders(headers, [name]), name, value];
}

const withoutHeaders = (headers: string[], names: string[]) =>
  headers.flatMap((header, index) =>
    index % 2 === 0 && !names.includes(header.toLowerCase()) ? [header, headers[index + 1]!] : [],
  );

const withLength = (headers: string[], length: number) =>
  withHeader(withoutHeaders(headers, ["transfer-encoding"]), "content-length", String(length));
