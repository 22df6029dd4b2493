import { createHash, timingSafeEqual } from "node:crypto";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { sql } from "./database.ts";
import { jsonResponse } from "./httpResponses.ts";

/** The owner that a backend acts for, whose service key is looked up for each request. */
export async function ownerOf({ headers }: Pick<APIGatewayProxyEventV2, "headers">) {
  const [, key_id = "", secret = ""] =
    /^Bearer ks_([0-9a-f]+)_([0-9a-f]+)$/.exec(headers.authorization ?? "") ?? [];
  const [key] = await sql`select sha256 from service_keys where key_id = ${key_id}`;
  const sent = createHash("sha256").update(secret).digest();
  if (!key || !timingSafeEqual(sent, Buffer.from(key.sha256, "hex"))) return undefined;
  return decodeURIComponent(headers["keepsake-owner"] ?? "");
}

export const refused = () => jsonResponse(401, { message: "Unauthorized" });
