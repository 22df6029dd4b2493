import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

type PurgeBody = {
  files?: (string | { url: string; headers: Record<string, string> })[];
  prefixes?: string[];
};

/**
 * Cloudflare's cache and its API on loopback, in front of `origin`. As Cloudflare does, it keeps a copy for
 * each URL, query string and `Origin`; a purge of a file removes one of them, a purge of a prefix all.
 */
export async function cloudflareStandIn(origin: string) {
  const copies = new Map<string, { status: number; body: Buffer }>();
  const calls: PurgeBody[] = [];
  const keyOf = (url: URL, page = "") => `${url.pathname}${url.search} ${page}`;
  const control = {
    /** Decides what the API responds to a purge; 200 when not set. */
    respond: undefined as ((body: PurgeBody) => number | Promise<number>) | undefined,
  };

  const edge = createServer(async (request, response) => {
    const url = new URL(request.url!, origin);
    const key = keyOf(url, request.headers.origin);
    if (!copies.has(key)) {
      const { status, ...original } = await readAll(url);
      copies.set(key, { status, body: original.body });
    }
    const { status, body } = copies.get(key)!;
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
          : !isValid(body)
            ? 400
            : ((await control.respond?.(body)) ?? 200);
    if (problem === 200) purge(body);
    response.writeHead(problem, { "content-type": "application/json" });
    response.end(JSON.stringify({ success: problem === 200, errors: [], messages: [] }));
  });

  function purge({ files = [], prefixes = [] }: PurgeBody) {
    for (const file of files)
      if (typeof file === "string") copies.delete(keyOf(new URL(file)));
      else copies.delete(keyOf(new URL(file.url), file.headers.Origin));
    const { host } = new URL(origin);
    for (const prefix of prefixes)
      for (const key of copies.keys()) {
        const path = `${host}${key.split(/[? ]/)[0]}`;
        if (path === prefix || path.startsWith(`${prefix}/`)) copies.delete(key);
      }
  }

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

/** One kind of purge a call, at most 30 entries, prefixes without a scheme or a query string. */
function isValid({ files, prefixes }: PurgeBody): boolean {
  const entries = files ?? prefixes ?? [];
  if ((files && prefixes) || entries.length === 0 || entries.length > 30) return false;
  if (new Set(entries.map((entry) => typeof entry)).size > 1) return false;
  return (prefixes ?? []).every((prefix) => !/^https?:|[?#]/.test(prefix));
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
