import type { IncomingHttpHeaders } from "node:http";
import { buffer } from "node:stream/consumers";
import { allowOrigin, corsRules, sendPreflight } from "./cors.ts";
import type { EdgeCache } from "./edgeCache.ts";
import { type ProxyHandler, parsePlainUrl, pickHeaders, sendResponse } from "./proxyServer.ts";
import { purgeApi, purgeApiPath } from "./purgeApi.ts";
import { publicPath, type SendRequest } from "./simulator.ts";

/**
 * Serves the images bucket as its public domain does: GET and HEAD of one object by its key, with the
 * `nosniff` that a rule of the Cloudflare zone adds (docs/deploy.md). With `cached`, whole objects are kept
 * in a cache as Cloudflare's, until they are purged.
 */
export function cdnProxy(
  sendRequest: SendRequest,
  webOrigins: string[],
  cached?: { cache: EdgeCache; apiToken: string },
): ProxyHandler {
  return async (request, response) => {
    const { method = "", url = "" } = request;
    if (cached && url.startsWith(`${purgeApiPath}/`)) return purgeApi(request, response, cached);
    response.setHeader("vary", "origin");
    if (method === "OPTIONS") return sendPreflight(request, response, corsRules.images, webOrigins);
    allowOrigin(request, response, corsRules.images, webOrigins);
    if (method !== "GET" && method !== "HEAD")
      return void response.writeHead(405, { allow: "GET, HEAD", "content-length": 0 }).end();

    const { origin } = request.headers;
    const copy = cached?.cache.get(url, origin);
    if (copy) return void response.writeHead(200, copy.headers).end(method === "GET" && copy.body);

    const key = parsePlainUrl(url)?.pathname ?? "/";
    if (key === "/" || key.length > maxKeyBytes + 1)
      return void response.writeHead(404, { "content-length": 0 }).end();
    const headers = pickHeaders(request.headers, conditionHeaders(request.headers));
    if (method === "GET" && hasValidRange(request.headers)) headers.range = request.headers.range;
    const path = `${publicPath}/images${key}`;
    const object = await sendRequest({ method, path, headers, body: [] });
    const sent = {
      ...pickHeaders(object.headers, objectHeaders),
      "x-content-type-options": "nosniff",
    };
    if (!cached || method !== "GET" || object.statusCode !== 200 || headers.range)
      return sendResponse(object, response, sent);
    const body = await buffer(object);
    cached.cache.put(url, origin, { headers: sent, body });
    response.writeHead(200, sent).end(body);
  };
}

/** Of an R2 key. Ours are ASCII, so each byte of a key is a character of its path. */
const maxKeyBytes = 1_024;

/** The conditions of a request. Malformed ones are ignored, where the simulator would respond with 500. */
function conditionHeaders(headers: IncomingHttpHeaders): string[] {
  const isEtags = (name: string) => entityTags.test(String(headers[name]));
  const isDate = (name: string) => !Number.isNaN(Date.parse(String(headers[name])));
  return [
    ...["if-match", "if-none-match"].filter(isEtags),
    ...["if-modified-since", "if-unmodified-since"].filter(isDate),
  ];
}

/** `*`, or a list of quoted entity tags (RFC 9110, section 8.8.3). */
const entityTags = /^(?:\*|(?:W\/)?"[^"]*"(?:\s*,\s*(?:W\/)?"[^"]*")*)$/;

const objectHeaders = [
  ...["content-type", "content-length", "content-range", "content-encoding", "content-language"],
  ...["content-disposition", "cache-control", "expires", "etag", "last-modified", "accept-ranges"],
];

/** Whether servers obey the range; any other is ignored, where the simulator would reject the request. */
function hasValidRange(headers: IncomingHttpHeaders) {
  const [, first, last, suffix] = /^bytes=(?:(\d+)-(\d*)|-(\d+))$/.exec(headers.range ?? "") ?? [];
  if (headers["if-range"]) return false; // not forwarded, so the whole object is correct
  return suffix !== undefined || (first !== undefined && (!last || Number(first) <= Number(last)));
}
