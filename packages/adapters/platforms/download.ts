import type * as http from "node:http";
import { PermanentError, RetryableError } from "@keepsake/core/serviceErrors";
import { httpRequest, read } from "../http.ts";

type DownloadOptions = {
  maxBytes: number;
  /** From the first packet to the last byte. */
  deadlineMs: number;
  /** Scheme, host and port as `URL.origin` writes them. */
  allowedOrigin: string;
  /** What to call the file in errors. */
  what: string;
};

/**
 * Fetches a file from a platform, and from nowhere else: a redirect is refused. Memory stays within
 * twice `maxBytes`, whatever is sent. Throws `PermanentError` or `RetryableError`, neither of which ever
 * holds the URL: it may hold secrets.
 */
export async function download(url: URL, options: DownloadOptions): Promise<Buffer> {
  const { maxBytes, deadlineMs, allowedOrigin, what } = options;
  if (url.origin !== allowedOrigin)
    throw new PermanentError("refused", `${what} is not on ${allowedOrigin}`);

  return httpRequest(url, { what, deadlineMs }, async (answer) => {
    refuseUnlessOk(answer, what);
    const bytes = await read(answer, maxBytes);
    if (!bytes) throw new PermanentError("too_large", `${what} is over ${maxBytes} bytes`);
    return bytes;
  });
}

function refuseUnlessOk({ statusCode = 0, headers }: http.IncomingMessage, what: string) {
  if (statusCode === 200) return;
  if (statusCode >= 300 && statusCode < 400)
    throw new PermanentError("refused", `${what} is a redirect, and none is followed`);
  const isFinal = statusCode >= 400 && statusCode < 500 && !passing.includes(statusCode);
  if (isFinal) throw new PermanentError("gone", `${what} is not there: ${statusCode}`);
  const seconds = Number.parseInt(headers["retry-after"] ?? "", 10);
  const retryAfterSeconds = Number.isNaN(seconds) ? undefined : seconds;
  throw new RetryableError(`${what} was answered with ${statusCode}`, { retryAfterSeconds });
}

/** What says nothing about the file: credentials, timeouts, flood control. */
const passing = [401, 408, 425, 429];
