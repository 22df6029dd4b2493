import { createHash } from "node:crypto";
import type { Input, Output } from "@keepsake/contract/api";
import { AppError, type ErrorCode } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import { v7 as uuidv7 } from "uuid";
import * as erasures from "../erasures/erasures.ts";
import * as images from "../images/images.sql.ts";
import { objectKeys } from "../images/objectKeys.ts";
import { publish } from "../images/publishImage.ts";
import { imageLimits } from "../imaging/validateHeader.ts";
import type { Services } from "../ports.ts";
import { displayName } from "./filename.ts";
import * as rows from "./uploads.sql.ts";

type Owned = { owner_id: string };

/**
 * Promises an upload: a URL that writes one object, once, and only the promised bytes. The URL lives 5
 * minutes, the upload an hour. `upload.too_many` beyond what an owner may have outstanding.
 */
export async function presign(
  { sql, uploadPresigner }: Pick<Services, "sql" | "uploadPresigner">,
  { owner_id, content_type, size, sha256, filename }: Input<"presignUpload"> & Owned,
): Promise<Output<"presignUpload">> {
  const upload_id = uuidv7();
  const url_expires_at = inSeconds(limits.upload_url_seconds);
  const expires_at = inSeconds(limits.upload_seconds);
  const upload = {
    image_id: upload_id,
    owner_id,
    content_type,
    bytes: size,
    source_sha256: sha256,
    filename: displayName(filename),
    url_expires_at,
    expires_at,
  };
  const quota = { uploads: limits.outstanding_uploads, bytes: limits.outstanding_upload_bytes };
  if (!(await rows.insertWithin(sql, upload, quota))) {
    const retryAfterSeconds = await rows.secondsUntilRoom(sql, owner_id);
    throw new AppError(
      "upload.too_many",
      `Complete some of your uploads first: ${quota.uploads} and ${quota.bytes} bytes may be outstanding`,
      { retryAfterSeconds },
    );
  }

  const { url, headers } = await uploadPresigner.presignPut(objectKeys.upload(upload_id), {
    contentType: content_type,
    bytes: size,
    sha256,
    expiresInSeconds: limits.upload_url_seconds,
  });
  return {
    upload_id,
    url,
    method: "PUT",
    headers,
    url_expires_at,
    expires_at,
  };
}

/**
 * Reads an upload back, checks it and publishes a clean copy. Repeating it gives the same image, two at
 * once give one. `upload.not_received`, `upload.expired`, `upload.altered`, or `image.*` for what can
 * never be published, which is final.
 */
export async function complete(
  services: Pick<Services, "sql" | "incoming" | "images">,
  { owner_id, upload_id }: Input<"completeUpload"> & Owned,
): Promise<Output<"completeUpload">> {
  const { sql, incoming } = services;
  const upload = await rows.find(sql, owner_id, upload_id);
  if (!upload) throw notFound();
  if (upload.status !== "pending") return settled(services, { owner_id, upload_id }, upload);
  if (upload.expired) throw refusal("upload.expired", "This upload is over: ask for a new one");

  const bytes = await incoming.get(objectKeys.upload(upload_id), upload.bytes);
  if (!bytes)
    throw refusal(
      "upload.not_received",
      "The file has not arrived: PUT it to the upload's URL first",
    );

  let image: images.PublishedImage;
  try {
    compare(bytes, upload);
    image = await publish(services.images, upload_id, bytes, imageLimits);
  } catch (error) {
    if (error instanceof AppError)
      await images.markRejected(sql, upload_id, error.code, error.message);
    throw error;
  }

  if (!(await settle(services, { owner_id, upload_id }, upload, image))) {
    // expired or deleted meanwhile; a twin that published it would have written the very same object
    const now = await rows.find(sql, owner_id, upload_id);
    if (now?.status !== "published") await services.images.remove(image.key);
  }
  const now = await rows.find(sql, owner_id, upload_id);
  if (!now) throw notFound();
  return settled(services, { owner_id, upload_id }, now);
}

/** Writes the outcome: published, or a duplicate of what the owner published before. */
async function settle(
  { sql }: Pick<Services, "sql">,
  { owner_id, upload_id }: Input<"completeUpload"> & Owned,
  { source_sha256 }: rows.Upload,
  image: images.PublishedImage,
): Promise<boolean> {
  for (;;) {
    try {
      return await images.markPublished(sql, upload_id, image);
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
    const outcome = await sql.begin(async (tx) => {
      const winner = await rows.findWinner(tx, owner_id, source_sha256);
      if (!winner) return "again"; // deleted since: this one is no duplicate any more
      const marked = await rows.markDuplicate(tx, upload_id, winner);
      if (marked) await erasures.start(tx, owner_id, [{ bucket: "images", key: image.key }]);
      return marked;
    });
    if (outcome !== "again") return outcome;
  }
}

/** The answer to an upload that is no longer pending. */
async function settled(
  { sql }: Pick<Services, "sql">,
  { owner_id, upload_id }: Input<"completeUpload"> & Owned,
  { status, error, error_code, duplicate_of }: rows.Upload,
): Promise<Output<"completeUpload">> {
  if (status !== "published")
    throw refusal((error_code ?? "upload.expired") as ErrorCode, error ?? "This upload is over");
  const image = await images.find(sql, owner_id, duplicate_of ?? upload_id);
  if (!image) throw notFound();
  return { image };
}

/** R2 has compared them already; this trusts nobody. */
function compare(bytes: Buffer, promised: rows.Upload) {
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (bytes.length !== promised.bytes || sha256 !== promised.source_sha256)
    throw refusal("upload.altered", "The file is not the one that was promised: upload it again");
}

const isDuplicate = (error: unknown) =>
  (error as { constraint_name?: string }).constraint_name === "images_uploaded_once";

const refusal = (code: ErrorCode, message: string) => new AppError(code, message);

const notFound = () =>
  refusal("upload.not_found", "There is no such upload among yours: check the id");

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
