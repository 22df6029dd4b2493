import { createHash } from "node:crypto";
import type { Sent } from "@keepsake/contract/api";

type UploadRequest = Omit<Sent<"presignUpload">, "reuse">;

export const sha256Of = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** The body of `POST /uploads` that declares these bytes. */
export function uploadRequest(bytes: Uint8Array, type = "image/png"): UploadRequest {
  const content_type = type as UploadRequest["content_type"];
  return { content_type, size: bytes.length, sha256: sha256Of(bytes) };
}

/** A file as a page passes it to the client. */
export const fileOf = (bytes: Uint8Array, name = "photo.png", type = "image/png") =>
  new File([new Uint8Array(bytes)], name, { type });

/** PUTs bytes to a presigned URL with its headers, some of them replaced. */
export async function putTo(
  ticket: { url: string; headers: Record<string, string> },
  bytes: Uint8Array,
  headers: Record<string, string> = {},
) {
  const body = new Uint8Array(bytes);
  const sent = { ...ticket.headers, ...headers };
  const response = await fetch(ticket.url, { method: "PUT", headers: sent, body });
  return { status: response.status, body: await response.text() };
}

export async function bytesAt(url: unknown) {
  return Buffer.from(await (await fetch(String(url))).arrayBuffer());
}
