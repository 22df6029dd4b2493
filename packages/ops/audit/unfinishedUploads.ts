import { abortUpload, unfinishedUploads } from "@keepsake/adapters/cloud/multipartUpload";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import type { BucketName } from "@keepsake/core/ports";
import { links } from "../links.ts";

/** A multipart upload whose function ended long ago. Its parts are stored, and cost as an object does. */
export type UnfinishedUpload = {
  bucket: BucketName;
  key: string;
  upload_id: string;
  initiated: Date;
};

/** A function writes for 15 minutes at most. */
const unfinishedAfterMs = 60 * 60 * 1_000;

export async function findUnfinishedUploads(now: number): Promise<UnfinishedUpload[]> {
  const found: UnfinishedUpload[] = [];
  for (const bucket of ["images", "private", "incoming"] as const) {
    const { bucket: name, ...link } = links[bucket]();
    const s3 = s3Client(link);
    for await (const { Key: key, UploadId: upload_id, Initiated } of unfinishedUploads(s3, name)) {
      const initiated = Initiated ?? new Date(0);
      if (now - initiated.getTime() > unfinishedAfterMs)
        found.push({ bucket, key, upload_id, initiated });
    }
    s3.destroy();
  }
  return found;
}

export async function abortUploads(uploads: UnfinishedUpload[]): Promise<void> {
  for (const { bucket, key, upload_id } of uploads) {
    const { bucket: Bucket, ...link } = links[bucket]();
    const s3 = s3Client(link);
    await abortUpload(s3, { Bucket, Key: key, UploadId: upload_id });
    s3.destroy();
  }
}
