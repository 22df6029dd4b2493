import type { ApiMethods, Image, PresignUploadRequest } from "./apiTypes.ts";
import { KeepsakeError } from "./keepsakeError.ts";
import { pause } from "./pause.ts";
import type { PublishedImage } from "./publishedImage.ts";
import { type PutOptions, type PutResult, put } from "./put.ts";
import { throwImportFailed } from "./throwImportFailed.ts";

export type ImageOptions = {
  /** `public` by default. */
  visibility?: Image["visibility"] | undefined;
  /** `true` by default: the prompt that a generator wrote into a PNG becomes the image's caption. */
  keepPrompt?: boolean | undefined;
};

export type UploadOptions = PutOptions &
  ImageOptions & {
    /** Resolves to the owner's published image of the same file and visibility, if there is one, without sending it. */
    reuse?: boolean | undefined;
    /** Sends a JPEG or WebP as it is. By default its metadata, location included, is removed before it is sent. */
    keepMetadata?: boolean | undefined;
  };

/**
 * Uploads a file straight to R2 and resolves to the published image. Failures that may pass are retried
 * with jitter, and a URL that R2 refuses, because it has expired, is replaced once. An upload that was aborted or failed before R2 had stored
 * the file is cancelled. One that R2 has stored is published also when this caller goes away.
 */
export async function upload(
  client: Pick<ApiMethods, "presignUpload" | "completeUpload" | "cancelUpload">,
  original: Blob & { name?: string },
  { onProgress, signal, fetch, reuse, keepMetadata, ...options }: UploadOptions = {},
): Promise<PublishedImage> {
  const file = keepMetadata ? original : await withoutMetadata(original);
  const declaration = {
    ...(await declarationOf(file, original.name, options)),
    ...(reuse && { reuse }),
  };
  signal?.throwIfAborted();
  // not awaited: the caller learns of the failure at once, and a lost request only costs quota for a while
  const cancel = ({ upload_id }: { upload_id: string }) =>
    void client.cancelUpload({ upload_id }).catch(() => {});

  for (let renewed = false; ; renewed = true) {
    // not aborted: the API may have counted the upload, which is cancelled when its id is known
    const presigning = client.presignUpload(declaration);
    const presigned = await unlessAborted(presigning, signal).catch((error) => {
      presigning.then((late) => "image" in late || cancel(late)).catch(() => {});
      throw error;
    });
    if ("image" in presigned) return presigned.image as PublishedImage;
    const send = () => put(presigned, file, { onProgress, signal, fetch });
    const mayRenew = (status: number) => status === 403 && !renewed;
    let isStored = false;
    try {
      isStored = await sendUntilStored(send, mayRenew, signal);
    } finally {
      if (!isStored) cancel(presigned);
    }
    if (!isStored) continue;
    const { upload_id } = presigned;
    return (await client.completeUpload({ upload_id }, signal && { signal }))
      .image as PublishedImage;
  }
}

/** The request that declares a file. */
async function declarationOf(
  file: Blob,
  filename: string | undefined,
  { visibility, keepPrompt }: ImageOptions,
): Promise<PresignUploadRequest> {
  return {
    content_type: file.type as PresignUploadRequest["content_type"], // the API checks it
    size: file.size,
    sha256: await sha256(file),
    ...(filename && { filename }),
    ...(visibility && { visibility }),
    ...(keepPrompt === false && { keep_prompt: keepPrompt }),
  };
}

/** The same as `work`, but rejects as soon as the signal is aborted. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal?.removeEventListener("abort", abort));
  });
}

/** The code for it, 3 kB, is loaded with the first JPEG or WebP. Without it, the file is not sent. */
async function withoutMetadata(file: Blob & { name?: string }): Promise<Blob> {
  const [first] = new Uint8Array(await file.slice(0, 1).arrayBuffer());
  if (first !== 0xff && first !== 0x52) return file; // JPEG, and the R of RIFF
  const { stripMetadata } = await import("./stripMetadata.ts").catch(throwImportFailed);
  return stripMetadata(file);
}

const attempts = 4;

/** Sends the file until R2 has stored it, at most 4 times. Resolves to false when another URL may help. */
async function sendUntilStored(
  send: () => Promise<PutResult>,
  mayRenew: (status: number) => boolean,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await send();
    // 412: an earlier attempt stored the object, but its response was lost
    if (result.status === 200 || result.status === 412) return true;
    if (mayRenew(result.status)) return false; // not by `url_expires_at`: the clock here may be wrong
    if (!mayPass(result)) throw uploadError(result);
    if (attempt === attempts)
      throw new KeepsakeError("service.unavailable", "The file could not be sent: try again", {
        details: { status: result.status },
      });
    await pause(200 * 2 ** attempt * (1 + Math.random()), signal);
  }
}

/** The connection or R2 failed. R2 answers 400 when the body was cut off or arrived too slowly. */
function mayPass({ status, body }: PutResult) {
  if (status === 400) return body.includes("IncompleteBody") || body.includes("RequestTimeout");
  return status < 400 || status === 408 || status === 429 || status >= 500;
}

function uploadError({ status, body }: PutResult) {
  if (body.includes("BadDigest"))
    return new KeepsakeError(
      "upload.altered",
      "The file changed while it was sent: choose it again",
    );
  return new KeepsakeError(
    "upload.refused",
    `The object store rejected the file with status ${status}: upload it again`,
  );
}

async function sha256(file: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
