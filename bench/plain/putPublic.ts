import { PutObjectCommand } from "@aws-sdk/client-s3";
import { s3 } from "./s3.ts";

/** Stores an object that never changes in the bucket of `R2_BUCKET`. */
export const putPublic = (Key: string, Body: Buffer, ContentType: string) =>
  s3.send(
    new PutObjectCommand({
      Bucket: process.env.R2_BUCKET!,
      Key,
      Body,
      ContentType,
      CacheControl: "public, max-age=31536000, immutable",
    }),
  );
