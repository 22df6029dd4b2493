import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import { v7 as uuidv7 } from "uuid";
import * as objectKeys from "../images/objectKeys.ts";
import type { Services } from "../ports.ts";
import { displayName } from "./filename.ts";
import * as rows from "./uploads.sql.ts";

/**
 * Reserves an upload and presigns a URL that writes one object, once, with exactly the declared bytes. The
 * URL expires after 5 minutes, the upload after an hour. `upload.too_many` beyond the owner's quota.
 */
export async function presignUpload(
  { sql, uploadPresigner }: Pick<Services, "sql" | "uploadPresigner">,
  { owner_id, content_type, size, sha256, filename }: Input<"presignUpload"> & { owner_id: string },
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
  if (!(await rows.reserve(sql, upload, quota))) {
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
  return { upload_id, url, method: "PUT", headers, url_expires_at, expires_at };
}

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1_000).toISOString();
