import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { AppError } from "@keepsake/contract/errors";
import { acceptsGzip } from "../runtime/acceptsGzip.ts";
import type { Response } from "../runtime/jsonAndErrorResponses.ts";

/** A file as it is sent, compressed. */
export type File = {
  etag: string;
  gzip: Buffer;
  headers: Record<string, string>;
  status?: number;
};

type RequestHeaders = Record<string, string | undefined>;

/**
 * The response with a file: compressed when the browser accepts it, and 304 without it when the browser has it
 * already. API Gateway compresses nothing itself.
 */
export function answer(
  { etag, gzip, headers, status = 200 }: File,
  sent: RequestHeaders,
): Response {
  const common = { ...headers, ...security, etag, vary: "accept-encoding" };
  if (status === 200 && isKnown(etag, sent["if-none-match"]))
    return { statusCode: 304, headers: common };
  const isCompressed = acceptsGzip(sent["accept-encoding"]);
  return {
    statusCode: status,
    headers: { ...common, ...(isCompressed && { "content-encoding": "gzip" }) },
    body: (isCompressed ? gzip : gunzipSync(gzip)).toString("base64"),
    isBase64Encoded: true,
  };
}

/** A page, which the browser asks for again each time, unless `cache` says otherwise. `policy` is its Content-Security-Policy. */
export function page(html: string, policy: string, status = 200, cache = "no-cache"): File {
  return {
    etag: `"${createHash("sha256").update(html).digest("hex").slice(0, 16)}"`,
    gzip: gzipSync(html),
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": cache,
      "content-security-policy": policy,
    },
    status,
  };
}

export const notFound = (file: string) =>
  new AppError("route.not_found", `There is no /docs/${file}: see GET /docs`);

const security = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/** Compared as If-None-Match is: a tag that a proxy made weak is the same. */
const isKnown = (etag: string, header = "") =>
  header.split(",").some((each) => ["*", etag].includes(each.trim().replace(/^W\//, "")));
