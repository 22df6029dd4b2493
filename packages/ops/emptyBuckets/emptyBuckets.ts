import { DeleteObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { abortUpload, unfinishedUploads } from "@keepsake/adapters/cloud/multipartUpload";
import { type R2Link, s3Client } from "@keepsake/adapters/cloud/r2";
import pLimit from "p-limit";

type Link = Omit<R2Link, "publicUrl">;

/** How many objects are removed at the same time; R2 charges nothing for removing. */
const concurrency = 20;

/** How many objects a bucket has, of how many bytes in all, and how many unfinished multipart uploads. */
export async function countObjects(link: Link) {
  return withClient(link, async (s3) => {
    let [objects, bytes, unfinished] = [0, 0, 0];
    for await (const _ of unfinishedUploads(s3, link.bucket)) unfinished += 1;
    let after: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({ Bucket: link.bucket, ContinuationToken: after }),
      );
      for (const { Size = 0 } of page.Contents ?? []) {
        objects += 1;
        bytes += Size;
      }
      after = page.NextContinuationToken;
    } while (after);
    return { objects, bytes, unfinished };
  });
}

/**
 * Aborts the unfinished multipart uploads of a bucket and removes every object, at most 1,000 in a batch.
 * Resolves to the number of the objects.
 */
export async function removeObjects(link: Link): Promise<number> {
  return withClient(link, async (s3) => {
    for await (const upload of unfinishedUploads(s3, link.bucket)) await abortUpload(s3, upload);
    const limit = pLimit(concurrency);
    let removed = 0;
    for (;;) {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: link.bucket }));
      if (Contents.length === 0) return removed;
      await Promise.all(
        Contents.map(({ Key }) =>
          limit(() => s3.send(new DeleteObjectCommand({ Bucket: link.bucket, Key }))),
        ),
      );
      removed += Contents.length;
    }
  });
}

async function withClient<Result>(link: Link, work: (s3: S3Client) => Promise<Result>) {
  const s3 = s3Client(link);
  try {
    return await work(s3);
  } finally {
    s3.destroy();
  }
}
