import type { IncomingHttpHeaders } from "node:http";
import { allowOrigin, corsRules, sendPreflight } from "./cors.ts";
import { type ProxyHandler, parsePlainUrl, pickHeaders, sendResponse } from "./proxyServer.ts";
import type { SendRequest } from "./simulator.ts";

/** The simulator's path for reading every bucket without keys. Only this proxy uses it, for images. */
const publicPath = "/cdn-cgi/local/r2/public";

/**
 * Serves the images bucket as its public domain does: GET and HEAD of one object by its key, with the
 * `nosniff` that a rule of the Cloudflare zone adds (docs/deploy.md).
 */
export function cdnProxy(sendRequest: SendRequest, webOrigins: string[]): ProxyHandler {
  return async (request, response) => {
    const { method = "" } = request;
    response.setHeader("vary", "origin");
    if (method === "OPTIONS") return sendPreflight(request, response, corsRules.images, webOrigins);
    allowOrigin(request, response, corsRules.images, webOrigins);
    if (method !== "GET" && method !== "HEAD")
      return void response.writeHead(405, { allow: "GET, HEAD", "content-length": 0 }).end();

    const key = parsePlainUrl(request.url)?.pathname ?? "/";
    if (key === "/") return void response.writeHead(404, { "content-length": 0 }).end();
    const headers = pickHeaders(request.headers, conditionHeaders);
    if (method === "GET" && hasValidRange(request.headers)) headers.range = request.headers.range;
    const path = `${publicPath}/images${key}`;
    const object = await sendRequest({ method, path, headers, body: [] });
    await sendResponse(object, response, {
      ...pickHeaders(object.headers, objectHeaders),
      "x-content-type-options": "nosniff",
    });
  };
}

const conditionHeaders = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];

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
