import { ListMultipartUploadsCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import { inject } from "vitest";

/** The zips of an export in the bucket, and its writes that are neither completed nor aborted. */
export async function exportObjects(export_id: string) {
  const { r2 } = inject("backends");
  const s3 = s3Client(r2);
  const place = { Bucket: r2.privateBucket, Prefix: `exports/${export_id}/` };
  const [{ Contents = [] }, { Uploads = [] }] = await Promise.all([
    s3.send(new ListObjectsV2Command(place)),
    s3.send(new ListMultipartUploadsCommand(place)),
  ]);
  s3.destroy();
  return { zips: Contents.map(({ Key }) => Key!), unfinished: Uploads.map(({ Key }) => Key!) };
}

export const nothingLeft = { zips: [], unfinished: [] };
