import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What npm sends when it publishes a version. */
type Published = { name: string; access: string; versions: Record<string, { exports: object }> };

/** An npm registry that has no package yet, and takes what is published: `url` has the address. */
export async function startRegistry() {
  const published: Published[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    if (request.method === "PUT") published.push(JSON.parse(body));
    response.writeHead(request.method === "PUT" ? 201 : 404, {
      "content-type": "application/json",
    });
    response.end(JSON.stringify({ error: "Not found" }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { host, url: `http://${host}/`, published, stop: () => server.close() };
}
