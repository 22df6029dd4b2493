import type { Sql, TransactionSql } from "postgres";

export type AnySql = Sql | TransactionSql;

/** What an owner has published, in bytes. Reads one row, and one for each change since the last sweep. */
export async function storedBytes(sql: AnySql, owner_id: string): Promise<number> {
  const [row] = await sql<[{ bytes: number }]>`
    select owner_stored_bytes(${owner_id})::float8 as bytes
  `;
  return row.bytes;
}
