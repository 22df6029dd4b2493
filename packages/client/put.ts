import type { Output } from "@keepsake/contract/api";
import type { UploadOptions } from "./upload.ts";

/** `status` is 0 when nobody answered: the line broke, or the browser hides a refusal from the page. */
export type PutResult = { status: number; body: string };

type PutOptions = { [Name in keyof UploadOptions]: UploadOptions[Name] | undefined };

/** PUTs a file to its presigned URL. Throws only when it is aborted. */
export function put(ticket: Output<"presignUpload">, file: Blob, options: PutOptions) {
  return typeof XMLHttpRequest === "undefined" || options.fetch
    ? putByFetch(ticket, file, options)
    : putByXhr(ticket, file, options);
}

/** `fetch` tells nothing of progress, so pages use this. */
function putByXhr(
  { url, headers }: Output<"presignUpload">,
  file: Blob,
  { onProgress, signal }: PutOptions,
): Promise<PutResult> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const settle = () => {
      signal?.removeEventListener("abort", abort);
      resolve({ status: request.status, body: request.responseText });
    };
    request.onload = settle;
    request.onerror = settle;
    request.onabort = () => reject(signal?.reason);
    request.upload.onprogress = ({ loaded }) => onProgress?.({ loaded, total: file.size });

    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    signal?.addEventListener("abort", abort, { once: true });
    request.send(file);
  });
}

async function putByFetch(
  { url, headers }: Output<"presignUpload">,
  file: Blob,
  { onProgress, signal, fetch = globalThis.fetch }: PutOptions,
): Promise<PutResult> {
  try {
    const init = { method: "PUT", headers, body: file, ...(signal && { signal }) };
    const response = await fetch(url, init);
    const body = await response.text();
    if (response.ok) onProgress?.({ loaded: file.size, total: file.size });
    return { status: response.status, body };
  } catch {
    signal?.throwIfAborted();
    return { status: 0, body: "" };
  }
}
