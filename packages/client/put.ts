import type { PresignedUpload } from "./apiTypes.ts";

export type PutOptions = {
  /** Called with the bytes sent so far. Browsers call it while sending; Node only at the end. */
  onProgress?: ((progress: { loaded: number; total: number }) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Sends the PUT. Without it, `XMLHttpRequest` is used where there is one, else `fetch`. */
  fetch?: typeof fetch | undefined;
};

/** `status` is 0 when the connection failed before a response, or CORS hides the response. */
export type PutResult = { status: number; body: string };

/** PUTs a file to its presigned URL. Throws only when it is aborted. */
export function put(
  presigned: PresignedUpload,
  file: Blob,
  options: PutOptions,
): Promise<PutResult> {
  return typeof XMLHttpRequest === "undefined" || options.fetch
    ? putByFetch(presigned, file, options)
    : putByXhr(presigned, file, options);
}

/** R2 has the file: what happens to the response from here on changes nothing. */
const isStored = (status: number) => status === 200 || status === 412;

/** `fetch` does not report upload progress, so browsers use this. */
function putByXhr(
  { url, headers }: PresignedUpload,
  file: Blob,
  { onProgress, signal }: PutOptions,
): Promise<PutResult> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    const abort = () => {
      if (!isStored(request.status)) request.abort();
    };
    const finish = () => {
      signal?.removeEventListener("abort", abort);
      resolve({ status: request.status, body: request.responseText });
    };
    request.onload = finish;
    request.onerror = finish;
    request.onabort = () => reject(signal?.reason);
    request.upload.onprogress = ({ loaded }) => onProgress?.({ loaded, total: file.size });

    request.open("PUT", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    signal?.addEventListener("abort", abort, { once: true });
    request.send(file);
  });
}

async function putByFetch(
  { url, headers }: PresignedUpload,
  file: Blob,
  { onProgress, signal, fetch = globalThis.fetch }: PutOptions,
): Promise<PutResult> {
  try {
    const init = { method: "PUT", headers, body: file, ...(signal && { signal }) };
    const response = await fetch(url, init);
    const body = await response.text().catch((error) => {
      if (isStored(response.status)) return "";
      throw error;
    });
    if (response.ok) onProgress?.({ loaded: file.size, total: file.size });
    return { status: response.status, body };
  } catch {
    signal?.throwIfAborted();
    return { status: 0, body: "" };
  }
}
