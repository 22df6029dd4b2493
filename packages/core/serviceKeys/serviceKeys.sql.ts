import type { Sql, TransactionSql } from "postgres";

/** What a request with a service key is compared with. */
export type LiveKey = { key_id: string; sha256: string };

export type KeyRow = {
  key_id: string;
  name: string;
  created_at: string;
  revoked_at: string | null;
};

/** Every key that is not revoked. */
export const listLive = (sql: Sql) =>
  sql<LiveKey[]>`select key_id, sha256 from service_keys where revoked_at is null`;

/** Every key that was ever made, newest first. */
export const listAll = (sql: Sql) =>
  sql<KeyRow[]>`
    select key_id, name, created_at, revoked_at from service_keys order by created_at desc, key_id
  `;

/** Inserts a key, and resolves to false when there are `maxLive` live ones already. */
export async function insertKey(
  tx: TransactionSql,
  { key_id, name, sha256 }: LiveKey & { name: string },
  maxLive: number,
) {
  // one at a time: two at once would both find the same room
  await tx`select pg_advisory_xact_lock(hashtextextended('service keys', 0))`;
  const { count } = await tx`
    insert into service_keys (key_id, name, sha256)
    select ${key_id}, ${name}, ${sha256}
    where (select count(*) from service_keys where revoked_at is null) < ${maxLive}
  `;
  return count === 1;
}

/** Resolves to false when there is no such live key. */
export async function revokeKey(sql: Sql, key_id: string) {
  const { count } = await sql`
    update service_keys set revoked_at = now() where key_id = ${key_id} and revoked_at is null
  `;
  return count === 1;
}

export const revokeNamed = (tx: TransactionSql, name: string) =>
  tx`update service_keys set revoked_at = now() where name = ${name} and revoked_at is null`;
