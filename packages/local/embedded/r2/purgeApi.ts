import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import type { EdgeCache, PurgeBody } from "./edgeCache.ts";

/** Where the local CDN has its part of Cloudflare's API; no object's key begins so. */
export const purgeApiPath = "/cdn-cgi/local/api";

export const zoneId = "local";

/** Purges the local CDN's cache, by Cloudflare's API: `POST /zones/{zone_id}/purge_cache` with a token. */
export async function purgeApi(
  request: IncomingMessage,
  response: ServerResponse,
  { cache, apiToken }: { cache: EdgeCache; apiToken: string },
) {
  const { method, url, headers } = request;
  const status = await (async () => {
    if (method !== "POST" || url !== `${purgeApiPath}/zones/${zoneId}/purge_cache`) return 404;
    if (headers.authorization !== `Bearer ${apiToken}`) return 403;
    try {
      return cache.purge((await json(request)) as PurgeBody) ? 200 : 400;
    } catch {
      return 400; // not JSON, or a file that is no URL
    }
  })();
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ success: status === 200, errors: [], messages: [] }));
}
