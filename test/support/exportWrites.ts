import { createHash } from "node:crypto";
import { HeadObjectCommand, ListMultipartUploadsCommand, type S3Client } from "@aws-sdk/client-s3";

export const mebibyte = 1_024 * 1_024;
/** What the export store sends at once. */
export const partBytes = 8 * mebibyte;

/** Bytes that differ from place to place, in chunks of 700,000 that use the same memory. */
export async function* chunksOf(bytes: number): AsyncGenerator<Uint8Array> {
  const memory = Buffer.alloc(700_000);
  for (let at = 0; at < bytes; at += memory.length) {
    const chunk = memory.subarray(0, Math.min(memory.length, bytes - at));
    chunk.fill(at % 251);
    chunk.fill(`at ${at}`, 0, Math.min(20, chunk.length));
    yield chunk;
  }
}

/** The SHA-256 of what chunks make up, in hex. */
export async function sha256OfChunks(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

/** What a bucket has of a key: the object's size, if there is one, and its unfinished uploads. */
export async function storedOf(s3: S3Client, Bucket: string, Key: string) {
  const [bytes, { Uploads = [] }] = await Promise.all([
    s3.send(new HeadObjectCommand({ Bucket, Key })).then(
      ({ ContentLength }) => ContentLength,
      () => undefined,
    ),
    s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key })),
  ]);
  return { bytes, unfinished: Uploads.length };
}
