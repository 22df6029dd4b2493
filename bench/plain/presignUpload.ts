import { randomUUID } from "node:crypto";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import middy from "@middy/core";
import jsonBodyParser from "@middy/http-json-body-parser";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { z } from "zod";
import { ownerOf, refused } from "./authenticateOwner.ts";
import { sql } from "./database.ts";
import { jsonResponse, rejectInvalid } from "./httpResponses.ts";
import { s3 } from "./s3.ts";

const Upload = z.strictObject({
  content_type: z.enum(["image/png", "image/jpeg", "image/webp", "image/avif", "image/gif"]),
  size: z.number().int().min(1).max(20_000_000),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  filename: z.string().max(200).optional(),
});

export const handler = middy<APIGatewayProxyEventV2>()
  .use(jsonBodyParser())
  .onError(rejectInvalid)
  .handler(async (event) => {
    const owner_id = await ownerOf(event);
    if (owner_id === undefined) return refused();
    const upload = Upload.parse(event.body);
    const upload_id = randomUUID();
    await sql`insert into uploads ${sql({ upload_id, owner_id, ...upload })}`;
    const { url, headers } = await presign(`uploads/${upload_id}`, upload);
    return jsonResponse(201, { upload_id, url, headers });
  });

/** A URL that accepts exactly this file, once: its type, length, SHA-256 and If-None-Match are signed headers. */
export async function presign(Key: string, upload: z.output<typeof Upload>) {
  const headers = {
    "content-type": upload.content_type,
    "x-amz-checksum-sha256": Buffer.from(upload.sha256, "hex").toString("base64"),
    "if-none-match": "*",
  };
  const signed = new Set([...Object.keys(headers), "content-length"]);
  const url = await getSignedUrl(
    s3,
    new PutObjectCommand({
      Bucket: process.env.R2_BUCKET!,
      Key,
      ContentType: upload.content_type,
      ContentLength: upload.size,
      ChecksumSHA256: headers["x-amz-checksum-sha256"],
      IfNoneMatch: "*",
    }),
    { expiresIn: 300, signableHeaders: new Set(["host", ...signed]), unhoistableHeaders: signed },
  );
  return { url, headers };
}
