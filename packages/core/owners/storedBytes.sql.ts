import type { Sql, TransactionSql } from "postgres";

export type AnySql = Sql | TransactionSql;

/** What an owner has published, in bytes. Reads one row, and one for each change since the last sweep. */
export async function storedBytes(sql: AnySql, owner_id: string): Promise<number> {
  const [row] = await sql<[{ bytes: number }]>`
    select owner_stored_bytes(${owner_id})::float8 as bytes
  `;
  return row.bytes;
}

/** Adds up the changes of owners, of up to `limit` changes in one statement. Two sweeps may do so at once. */
export function addUp(sql: Sql, limit: number) {
  return sql`
    with added as (
      delete from stored_bytes
      where ctid = any (array(
        select ctid from stored_bytes
        where owner_id in (select owner_id from stored_bytes where not is_sum limit ${limit})
        for update skip locked
      ))
      returning owner_id, bytes
    )
    insert into stored_bytes (owner_id, bytes, is_sum)
    select owner_id, sum(bytes), true from added group by owner_id having sum(bytes) <> 0
  `;
}
