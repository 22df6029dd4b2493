import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

type AlteredResponse = { status: number; headers: string[]; body: Buffer };
export type Alter = (
  request: { method: string; path: string; sent: http.IncomingHttpHeaders; body: Buffer },
  response: AlteredResponse,
) => AlteredResponse | Promise<AlteredResponse>;

/**
 * A proxy to an HTTP server on loopback. Each response passes through `alter`, which a test sets: what it
 * returns is consistent, because the length in the headers is that of the body.
 */
export async function alteringProxy(target: string) {
  const { hostname, port, href } = new URL(target);
  const proxy = { alter: unaltered };
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
    const sentBody = await buffer(request);
    outgoing.end(sentBody);
    const [incoming] = (await once(outgoing, "response")) as [http.IncomingMessage];
    const original = {
      status: incoming.statusCode ?? 500,
      headers: incoming.rawHeaders,
      body: await buffer(incoming),
    };
    const path = new URL(url, "http://proxy").pathname;
    const { status, headers, body } = await proxy.alter(
      { method, path, sent: request.headers, body: sentBody },
      original,
    );
    const isCut = body.length !== original.body.length;
    response.writeHead(status, isCut ? withLength(headers, body.length) : headers).end(body);
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
