import { KeepsakeError } from "../keepsakeError.ts";
import { importFailed } from "../throwImportFailed.ts";

/**
 * What a queue does about a failure: waits for the connection, for room among the pending uploads, or for the API;
 * or lets the file fail.
 */
export type Reaction = "connection" | "limit" | "later" | "fail";

export function reactionTo(thrown: unknown): Reaction {
  // a release replaced the page: waiting changes nothing
  if (thrown instanceof KeepsakeError && thrown.message === importFailed && isOnline())
    return "fail";
  if (isConnectionFailure(thrown)) return "connection";
  const code = thrown instanceof KeepsakeError && thrown.code;
  if (code === "upload.too_many") return "limit";
  return code === "service.unavailable" ? "later" : "fail";
}

/** False when the browser knows that it is offline. Node does not know. */
export const isOnline = (): boolean => globalThis.navigator?.onLine !== false;

/** The error of a file for which no request got a response for a while, although the browser is online. */
export const unreachable = (thrown: unknown): KeepsakeError =>
  new KeepsakeError(
    "service.unavailable",
    `${errorOf(thrown).message}. Check the connection, CORS and CSP`,
    { cause: thrown },
  );

/** No response arrived: offline, or the API, the bucket or the page's own server for tokens cannot be reached. */
function isConnectionFailure(thrown: unknown): boolean {
  if (thrown instanceof KeepsakeError) {
    const { code, details = {}, cause } = thrown;
    if (code !== "service.unavailable") return false;
    return cause instanceof TypeError || ("status" in details && details.status === 0);
  }
  // what `fetch` throws in Chrome, Firefox and Safari, such as in the page's function for tokens
  return thrown instanceof TypeError && /fetch|network|load failed/i.test(thrown.message);
}

/** Whether sending the same file again can succeed. */
export const mayPass = (error: Error): boolean =>
  !(error instanceof KeepsakeError && /^(image\.|input\.|upload\.altered$)/.test(error.code));

/** The error to show. What was thrown for a file that cannot be read becomes `upload.altered`. */
export function errorOf(thrown: unknown): KeepsakeError | Error {
  // what a browser throws when the file was changed or deleted after it was chosen
  if (thrown instanceof DOMException && /^Not(Readable|Found)Error$/.test(thrown.name))
    return new KeepsakeError("upload.altered", "The file changed or is gone: choose it again", {
      cause: thrown,
    });
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
