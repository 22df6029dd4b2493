import { PutObjectCommand } from "@aws-sdk/client-s3";
import { s3 } from "./s3.ts";

/** Copies one file from its URL to the bucket. */
export async function rehost(url: string, Key: string) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${response.status}`);
  const bytes = Buffer.from(await response.arrayBuffer());
  await s3.send(
    new PutObjectCommand({
      Bucket: process.env.R2_BUCKET!,
      Key,
      Body: bytes,
      ContentType: "image/jpeg",
      CacheControl: "public, max-age=31536000, immutable",
    }),
  );
}
