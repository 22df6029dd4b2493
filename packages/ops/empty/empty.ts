import { DeleteObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { type R2Link, s3Client } from "@keepsake/adapters/cloud/r2";
import pLimit from "p-limit";

type Link = Omit<R2Link, "publicUrl">;

/** How many objects are removed at the same time; R2 charges nothing for removing. */
const concurrency = 20;

/** How many objects a bucket has, and of how many bytes in all. */
export async function countObjects(link: Link): Promise<{ objects: number; bytes: number }> {
  return withClient(link, async (s3) => {
    let objects = 0;
    let bytes = 0;
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
    return { objects, bytes };
  });
}

/** Removes every object of a bucket, at most 1,000 in a batch, and resolves to their number. */
export async function removeObjects(link: Link): Promise<number> {
  return withClient(link, async (s3) => {
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
