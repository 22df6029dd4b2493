import { createHash } from "node:crypto";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import middy from "@middy/core";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import sharp from "sharp";
import { rgbaToThumbHash } from "thumbhash";
import { z } from "zod";
import { ownerOf, refused } from "./authenticateOwner.ts";
import { sql } from "./database.ts";
import { jsonResponse, rejectInvalid } from "./httpResponses.ts";
import { putPublic } from "./putPublic.ts";
import { s3 } from "./s3.ts";
import { smallerCopy } from "./smallerCopy.ts";

const Path = z.strictObject({ upload_id: z.uuid() });

/** Compares what arrived with what was declared, and publishes the picture without metadata, with smaller copies. */
export const handler = middy<APIGatewayProxyEventV2>()
  .onError(rejectInvalid)
  .handler(async (event) => {
    const owner_id = await ownerOf(event);
    if (owner_id === undefined) return refused();
    const { upload_id } = Path.parse(event.pathParameters);
    const [upload] = await sql<{ sha256: string }[]>`
      select sha256 from uploads
      where upload_id = ${upload_id} and owner_id = ${owner_id} and status = 'pending'
    `;
    if (!upload) return jsonResponse(404, { message: "There is no such upload" });
    const { Body } = await s3.send(
      new GetObjectCommand({ Bucket: process.env.R2_INCOMING!, Key: `uploads/${upload_id}` }),
    );
    const sent = Buffer.from(await Body!.transformToByteArray());
    if (sha256(sent) !== upload.sha256) return jsonResponse(422, { message: "Upload it again" });

    const Key = `images/${upload_id}`;
    const { data: png, info } = await sharp(sent, { failOn: "warning" })
      .autoOrient()
      .png()
      .toBuffer({ resolveWithObject: true });
    const widths = [320, 960].filter((width) => width < info.width);
    const copies = await Promise.all(widths.map((width) => smallerCopy(sent, width)));
    const thumbhash = await placeholder(sent);
    await Promise.all([
      putPublic(`${Key}.png`, png, "image/png"),
      ...copies.map((copy, index) =>
        putPublic(`${Key}_w${widths[index]}.webp`, copy, "image/webp"),
      ),
    ]);
    const [image] = await sql`
      update uploads
      set status = 'published', url = ${`${process.env.PUBLIC_URL}/${Key}.png`}, width = ${info.width},
          height = ${info.height}, image_sha256 = ${sha256(png)}, thumbhash = ${thumbhash}
      where upload_id = ${upload_id}
      returning *
    `;
    return jsonResponse(200, { image });
  });

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

async function placeholder(image: Buffer): Promise<string> {
  const { data, info } = await sharp(image)
    .autoOrient()
    .resize(32, 32, { fit: "inside" })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString("base64");
}
