import { randomUUID } from "node:crypto";
import { handleRequest, RejectUpload, route } from "@better-upload/server";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { z } from "zod";
import { sql } from "../plain/database.ts";
import { bucket, image, verifyToken } from "./betterUploadRoute.ts";

/**
 * better-upload's route for one image as a Lambda, with what `presignUpload` does besides: the check of a page
 * token, whose service key must be live, and a row of what was declared.
 */
const secret = Buffer.from(process.env.PAGE_TOKEN_KEY!, "base64");

const declared = route({
  ...image,
  clientMetadataSchema: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  async onBeforeUpload({ req, file, clientMetadata: { sha256 } }) {
    const { sub: owner_id = "", key_id } = await verifyToken(req, secret);
    if (!(await liveKeys()).has(key_id)) throw new RejectUpload("Sign in");
    const upload_id = randomUUID();
    const { type: content_type, size, name: filename } = file;
    const row = { upload_id, owner_id, content_type, size, sha256, filename };
    await sql`insert into uploads ${sql(row)}`;
    return { objectInfo: { key: `uploads/${upload_id}` } };
  },
});

export async function handler({
  rawPath,
  headers,
  body = "",
}: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  const url = `https://api.example.com${rawPath}`;
  const request = new Request(url, { method: "POST", headers: headers as HeadersInit, body });
  const response = await handleRequest(request, { ...bucket, routes: { declared } });
  return {
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  };
}

let read: { until: number; keys: Promise<Set<unknown>> } | undefined;

/** The live service keys, read once a minute. */
function liveKeys(): Promise<Set<unknown>> {
  if (!read || read.until < Date.now()) {
    const keys = sql`select key_id from service_keys`.then(
      (rows) => new Set(rows.map(({ key_id }) => key_id)),
    );
    read = { until: Date.now() + 60_000, keys };
  }
  return read.keys;
}
