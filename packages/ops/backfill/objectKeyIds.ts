import { createHmac } from "node:crypto";

/**
 * The ids that a row's key is made of. A random UUID is used as it is. Any other id could be guessed, such
 * as a number, so a UUID is derived from it with a secret: the same in every run, and stored nowhere.
 * `namespace` separates the rows of different tables.
 */
export function objectKeyIds(secret: string, namespace: string) {
  const key = createHmac("sha256", secret).update("keepsake backfill").digest();
  const unguessable = (kind: string, id: string | null) =>
    id !== null && randomUuid.test(id) ? id : deriveUuid(key, [namespace, kind, id]);

  return ({ id, world_id }: { id: string; world_id: string | null }): KeyIds => ({
    world_id: unguessable("world", world_id),
    piece_id: unguessable("piece", id),
  });
}

export type KeyIds = { world_id: string; piece_id: string };

/** Versions 4 and 7, in lower case, as Postgres writes them. */
const randomUuid = /^[\da-f]{8}-[\da-f]{4}-[47][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

/** A UUID of version 8 (custom), with 122 bits that cannot be computed without the key. */
function deriveUuid(key: Buffer, source: (string | null)[]): string {
  const bytes = createHmac("sha256", key).update(JSON.stringify(source)).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
