import type * as http from "node:http";
import { PermanentError, RetryableError } from "@keepsake/core/outsideServiceErrors";
import { httpRequest, readBody } from "../httpRequest.ts";
import { parseRetryAfter } from "../retryAfter.ts";

type RequestOptions = {
  maxBytes: number;
  /** From the request to the last byte. */
  deadlineMs: number;
  /** What the file is called in errors. */
  what: string;
  headers?: object;
  /** Whose sockets are used, instead of those that all requests share. */
  agent?: http.Agent;
};

type DownloadOptions = RequestOptions & {
  /** Scheme, host and port as `URL.origin` writes them. */
  allowedOrigin: string;
};

/**
 * Downloads a file from `allowedOrigin` only: redirects are rejected. Uses at most twice `maxBytes` of
 * memory, whatever is sent. Throws `PermanentError` or `RetryableError`; neither holds the URL, which may
 * hold secrets.
 */
export async function download(url: URL, options: DownloadOptions): Promise<Buffer> {
  const { allowedOrigin, what } = options;
  if (url.origin !== allowedOrigin)
    throw new PermanentError("refused", `${what} is not on ${allowedOrigin}`);

  const answer = await requestFile(url, options);
  if (!answer.bytes)
    throw new PermanentError("refused", `${what} is a redirect, and none is followed`);
  return answer.bytes;
}

/** The bytes of a file, or where a redirect leads, which may be nowhere. Throws as `download` does. */
export function requestFile(url: URL, { maxBytes, what, ...options }: RequestOptions) {
  return httpRequest(url, { what, ...options }, async (response) => {
    const { statusCode = 0, headers } = response;
    if (statusCode >= 300 && statusCode < 400)
      return { bytes: undefined, location: headers.location ?? "" };
    throwUnlessOk(response, what);
    const bytes = await readBody(response, maxBytes);
    if (!bytes) throw new PermanentError("too_large", `${what} is over ${maxBytes} bytes`);
    return { bytes };
  });
}

function throwUnlessOk({ statusCode = 0, headers }: http.IncomingMessage, what: string) {
  if (statusCode === 200) return;
  const isPermanent =
    statusCode >= 400 && statusCode < 500 && !temporaryStatuses.includes(statusCode);
  if (isPermanent) throw new PermanentError("gone", `${what} is not there: ${statusCode}`);
  const retryAfterSeconds = parseRetryAfter(headers["retry-after"]);
  throw new RetryableError(`${what} was answered with ${statusCode}`, { retryAfterSeconds });
}

/** Client errors that say nothing about the file: credentials, timeouts, rate limits. */
const temporaryStatuses = [401, 408, 425, 429];
