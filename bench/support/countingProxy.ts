import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** A proxy to an HTTP server on loopback that counts requests by the name that `nameOf` gives each. */
export async function countingProxy(
  target: string,
  nameOf: (request: http.IncomingMessage, responseBody: Buffer) => string,
) {
  const { hostname, port, href } = new URL(target);
  const agent = new http.Agent({ keepAlive: true });
  let counts: Record<string, number> = {};

  const server = http.createServer((request, response) => {
    // stop() ends long polls of SQS: their request fails here
    forward(request, response).catch(() => response.destroy());
  });

  async function forward(request: http.IncomingMessage, response: http.ServerResponse) {
    const { method, url, rawHeaders } = request;
    const body = await buffer(request);
    const headers = rawHeaders as never; // unchanged, the host too: they are signed
    const outgoing = http.request({ agent, hostname, port, method, path: url, headers });
    outgoing.end(body);
    const [incoming] = (await once(outgoing, "response")) as [http.IncomingMessage];
    const responseBody = await buffer(incoming);
    const name = nameOf(request, responseBody);
    counts[name] = (counts[name] ?? 0) + 1;
    response.writeHead(incoming.statusCode ?? 500, incoming.rawHeaders).end(responseBody);
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: href.replace(`:${port}`, `:${(server.address() as AddressInfo).port}`).replace(/\/$/, ""),
    /** The counts since the last call. */
    takeCounts() {
      const before = counts;
      counts = {};
      return before;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
    },
  };
}
