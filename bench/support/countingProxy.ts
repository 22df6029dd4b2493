import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** A wire to an HTTP server on loopback that counts what passes, by what `nameOf` calls it. */
export async function gate(
  target: string,
  nameOf: (request: http.IncomingMessage, answer: Buffer) => string,
) {
  const { hostname, port, href } = new URL(target);
  const agent = new http.Agent({ keepAlive: true });
  let counts: Record<string, number> = {};

  const server = http.createServer((request, response) => {
    // whoever waits for a message is cut off in the end
    pass(request, response).catch(() => response.destroy());
  });

  async function pass(request: http.IncomingMessage, response: http.ServerResponse) {
    const { method, url, rawHeaders } = request;
    const body = await buffer(request);
    const headers = rawHeaders as never; // signed as they are, the host too
    const outgoing = http.request({ agent, hostname, port, method, path: url, headers });
    outgoing.end(body);
    const [answer] = (await once(outgoing, "response")) as [http.IncomingMessage];
    const answered = await buffer(answer);
    const name = nameOf(request, answered);
    counts[name] = (counts[name] ?? 0) + 1;
    response.writeHead(answer.statusCode ?? 500, answer.rawHeaders).end(answered);
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  return {
    url: href.replace(`:${port}`, `:${(server.address() as AddressInfo).port}`).replace(/\/$/, ""),
    /** What has passed since the last time. */
    taken() {
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
