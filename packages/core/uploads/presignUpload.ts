import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import { displayName } from "../images/filename.ts";
import * as images from "../images/images.sql.ts";
import * as objectKeys from "../images/objectKeys.ts";
import { presentImage } from "../images/presentImage.ts";
import { newId } from "../newId.ts";
import { ownerFull } from "../owners/storageQuota.ts";
import type { Services } from "../ports.ts";
import * as rows from "./uploads.sql.ts";

/**
 * Reserves an upload and presigns a URL that writes one object, once, with exactly the declared bytes. The
 * URL expires after 5 minutes, the upload after an hour. With `reuse`, resolves to the owner's published
 * image of the same bytes instead, if there is one. `upload.too_many` beyond the owner's quota, `owner.full`
 * when the owner has stored all that it may.
 */
export async function presignUpload(
  services: Pick<Services, "sql" | "uploadPresigner" | "privateUrls" | "ownerBytes">,
  request: Input<"presignUpload"> & { owner_id: string },
): Promise<Output<"presignUpload">> {
  const { sql, uploadPresigner } = services;
  const { owner_id, content_type, size, sha256, filename, reuse } = request;
  const { visibility = "public", keep_prompt = true } = request;
  const source = { source_sha256: sha256, visibility };
  const [image] = reuse ? await images.findBySource(sql, owner_id, source) : [];
  if (image) return { image: await presentImage(services, image) };

  const upload_id = newId();
  const upload = {
    image_id: upload_id,
    owner_id,
    content_type,
    bytes: size,
    source_sha256: sha256,
    filename: displayName(filename),
    visibility,
    keep_prompt,
  };
  const quota = {
    uploads: limits.outstanding_uploads,
    bytes: limits.outstanding_upload_bytes,
    urls: limits.live_upload_urls,
    owner_bytes: services.ownerBytes,
  };
  const lifetimes = { urlSeconds: limits.upload_url_seconds, uploadSeconds: limits.upload_seconds };
  const reservation = await rows.reserve(sql, upload, quota, lifetimes);
  const { reserved_at, problem } = reservation;
  if (problem === "full") throw ownerFull(services.ownerBytes);
  if (problem === "too_many")
    throw new AppError(
      "upload.too_many",
      `Complete or cancel some of your uploads first: ${quota.uploads} and ${quota.bytes} bytes may be pending, and ${quota.urls} URLs may be started within 5 minutes`,
      { retryAfterSeconds: reservation.retry_seconds },
    );

  const { url, headers } = await uploadPresigner.presignPut(objectKeys.upload(upload_id), {
    contentType: content_type,
    bytes: size,
    sha256,
    expiresInSeconds: limits.upload_url_seconds,
    validFrom: reserved_at, // so the URL expires when the row says, however long the request waited
  });
  const url_expires_at = later(reserved_at, limits.upload_url_seconds);
  const expires_at = later(reserved_at, limits.upload_seconds);
  return { upload_id, url, method: "PUT", headers, url_expires_at, expires_at };
}

const later = (time: string, seconds: number) =>
  new Date(Date.parse(time) + seconds * 1_000).toISOString();
