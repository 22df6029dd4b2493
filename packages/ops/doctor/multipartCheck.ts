import { createHash } from "node:crypto";
import { type S3Client, UploadPartCommand } from "@aws-sdk/client-s3";
import { beginMultipartUpload, unfinishedUploads } from "@keepsake/adapters/cloud/multipartUpload";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import { type Check, CheckFailed, type Configuration, keysAdvice } from "./check.ts";
import { newKey, otherBytes, type ProbeObjects, png, rejectionOf } from "./probeObjects.ts";

/** What R2 must do with zips of exports, which are sent in parts. Leaves no object and no upload. */
export function multipartCheck(
  { private: { bucket, ...link } }: Configuration,
  probes: ProbeObjects,
): Check {
  return {
    subject: "Writing in parts",
    advice: keysAdvice,
    run: (signal) =>
      probes.waitedFor(async () => {
        const s3 = s3Client(link);
        try {
          const problems = await problemsOf(s3, bucket, signal);
          if (problems.length === 0)
            return "private: writes in parts, rejects one with a wrong MD5, lists and aborts what is unfinished";
          throw new CheckFailed(
            `${bucket} ${problems.join(", ")}`,
            "do not export datasets with this storage: zips could be damaged, or their parts stay and cost",
          );
        } finally {
          s3.destroy();
        }
      }),
  };
}

async function problemsOf(s3: S3Client, Bucket: string, signal: AbortSignal): Promise<string[]> {
  const Key = newKey();
  const problems: string[] = [];
  signal.throwIfAborted();
  // what was sent is not aborted with the signal: the store could finish it after the end of this check
  const { signal: never } = new AbortController();
  const upload = await beginMultipartUpload(s3, { Bucket, Key }, never);
  try {
    const [begun, ...more] = await list(s3, Bucket, Key);
    if (!begun || more.length > 0) problems.push("does not list an unfinished upload");
    signal.throwIfAborted();
    await upload.send(1, png, never);
    if (begun && (await rejectionOf(sendAltered(s3, begun))) !== "BadDigest")
      problems.push("stores a part with a wrong MD5");
  } finally {
    await upload.abort();
  }
  if ((await list(s3, Bucket, Key)).length > 0) problems.push("does not abort an upload");
  return problems;
}

type Listed = { Bucket: string; Key: string; UploadId: string }[];

async function list(s3: S3Client, bucket: string, key: string): Promise<Listed> {
  const found: Listed = [];
  for await (const upload of unfinishedUploads(s3, bucket, key)) found.push(upload);
  return found;
}

/** Sends a part with the MD5 of other bytes. */
const sendAltered = (s3: S3Client, { Bucket, Key, UploadId }: Listed[number]) =>
  s3.send(
    new UploadPartCommand({
      ...{ Bucket, Key, UploadId },
      PartNumber: 2,
      Body: otherBytes,
      ContentLength: otherBytes.length,
      ContentMD5: createHash("md5").update(png).digest("base64"),
    }),
  );
