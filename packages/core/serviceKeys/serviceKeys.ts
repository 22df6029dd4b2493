import { createHash, randomBytes } from "node:crypto";
import { limits } from "@keepsake/contract/limits";
import type { Sql } from "postgres";
import * as rows from "./serviceKeys.sql.ts";

/** A key as its holder sends it. The secret is not stored anywhere. */
export type ServiceKey = { key_id: string; secret: string };

const shape = /^ks_([0-9a-f]{16})_([0-9a-f]{64})$/;

/** The two parts of `ks_{key_id}_{secret}`; undefined for any other text. */
export function parseServiceKey(text: string): ServiceKey | undefined {
  const [, key_id, secret] = shape.exec(text) ?? [];
  return key_id !== undefined && secret !== undefined ? { key_id, secret } : undefined;
}

/** The SHA-256 under which a secret is stored. A secret has 256 random bits, so it needs no slow hash. */
export const secretHash = (secret: string) => createHash("sha256").update(secret).digest();

/**
 * Makes a key and resolves to its text, which cannot be read again. Undefined when there are as many live
 * keys as may be. With `replace`, live keys of the same name are revoked.
 */
export async function createServiceKey(
  sql: Sql,
  name: string,
  { replace = false } = {},
): Promise<string | undefined> {
  const key_id = randomBytes(8).toString("hex");
  const secret = randomBytes(32).toString("hex");
  const row = { key_id, name, sha256: secretHash(secret).toString("hex") };
  const isCreated = await sql.begin(async (tx) => {
    if (replace) await rows.revokeNamed(tx, name);
    return rows.insertKey(tx, row, limits.service_keys);
  });
  return isCreated ? `ks_${key_id}_${secret}` : undefined;
}

/** Whether a key's text is that of a live key. */
export async function isLiveServiceKey(sql: Sql, text: string): Promise<boolean> {
  const key = parseServiceKey(text);
  if (!key) return false;
  const sha256 = secretHash(key.secret).toString("hex");
  const live = await rows.listLive(sql);
  return live.some((row) => row.key_id === key.key_id && row.sha256 === sha256);
}
