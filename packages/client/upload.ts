import type { Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import type { Image } from "@keepsake/contract/schemas";
import type { uploadTypes } from "@keepsake/contract/uploads";
import type { Client } from "./client.ts";
import { type PutResult, put } from "./put.ts";

export type UploadOptions = {
  /** Bytes sent so far, of all. Real in browsers; Node tells the end only. */
  onProgress?: (progress: { loaded: number; total: number }) => void;
  signal?: AbortSignal;
  /** How files are PUT; `XMLHttpRequest` where there is one, else `fetch`. */
  fetch?: typeof fetch;
};

type Ticket = Output<"presignUpload">;

/**
 * Uploads a file straight to R2 and resolves to the published image. What may be sent again is, with
 * jitter; a URL that expired is asked for once more. Aborting leaves nothing that could be completed.
 */
export async function upload(
  client: Pick<Client, "presignUpload" | "completeUpload">,
  file: Blob & { name?: string },
  { onProgress, signal, fetch }: UploadOptions = {},
): Promise<Image> {
  const promise = {
    content_type: file.type as (typeof uploadTypes)[number], // the API has the last word
    size: file.size,
    sha256: await sha256(file),
    ...(file.name && { filename: file.name }),
  };
  signal?.throwIfAborted();

  for (let renewed = false; ; renewed = true) {
    const ticket = await client.presignUpload(promise, signal && { signal });
    const send = () => put(ticket, file, { onProgress, signal, fetch });
    if (!(await received(ticket, send, signal))) {
      if (!renewed) continue;
      throw new AppError("upload.expired", "The upload's URL expired before the file was sent");
    }
    const { upload_id } = ticket;
    return (await client.completeUpload({ upload_id }, signal && { signal })).image;
  }
}

const attempts = 4;

/** Sends the file until R2 has it. Resolves to false when the URL expired instead. */
async function received(
  { url_expires_at }: Ticket,
  send: () => Promise<PutResult>,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await send();
    // 412: the object is there, because an earlier answer was lost on the way to us
    if (result.status === 200 || result.status === 412) return true;
    if (result.status === 403 && Date.now() > Date.parse(url_expires_at) - 1_000) return false;
    if (result.status >= 400 && result.status < 500 && result.status !== 429) throw refusal(result);
    if (attempt === attempts)
      throw new AppError("service.unavailable", "The file could not be sent: try again", {
        details: { status: result.status },
      });
    await pause(200 * 2 ** attempt * (1 + Math.random()), signal);
  }
}

function refusal({ status, body }: PutResult) {
  if (body.includes("BadDigest"))
    return new AppError("upload.altered", "The file changed while it was sent: choose it again");
  return new AppError("upload.refused", `The store refused the file with ${status}`);
}

async function sha256(file: Blob): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function pause(ms: number, signal: AbortSignal | undefined) {
  return new Promise<void>((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
