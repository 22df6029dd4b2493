import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { edgeCache, type PurgeBody } from "@keepsake/local/embedded/r2/edgeCache";

/**
 * Cloudflare's cache and its API on loopback, in front of `origin`. As Cloudflare does, it keeps a copy for
 * each URL, query string and `Origin`; a purge of a file removes one of them, a purge of a prefix all.
 */
export async function cloudflareStandIn(origin: string) {
  const cache = edgeCache();
  const calls: PurgeBody[] = [];
  const control = {
    /** Decides what the API responds to a purge; 200 when not set. */
    respond: undefined as ((body: PurgeBody) => number | Promise<number>) | undefined,
  };

  const edge = createServer(async (request, response) => {
    const { url = "", headers } = request;
    const copy = cache.get(url, headers.origin);
    if (copy) return void response.end(copy.body);
    const { status, body } = await readAll(new URL(url, origin));
    if (status === 200) cache.put(url, headers.origin, { headers: {}, body });
    response.writeHead(status).end(body);
  });

  const api = createServer(async (request, response) => {
    const body = (await json(request)) as PurgeBody;
    calls.push(body);
    const problem =
      request.method !== "POST" || request.url !== "/zones/zone/purge_cache"
        ? 404
        : request.headers.authorization !== "Bearer secret"
          ? 403
          : ((await control.respond?.(body)) ?? (cache.purge(body) ? 200 : 400));
    response.writeHead(problem, { "content-type": "application/json" });
    const errors = problem === 200 ? [] : [{ code: 10_000, message: "Authentication error" }];
    response.end(JSON.stringify({ success: problem === 200, errors, messages: [] }));
  });

  return {
    link: { api: await listen(api), zoneId: "zone", apiToken: "secret" },
    edge: await listen(edge),
    calls,
    control,
    stop() {
      for (const server of [edge, api]) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

async function readAll(url: URL) {
  const response = await fetch(url);
  return { status: response.status, body: Buffer.from(await response.arrayBuffer()) };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
