import type { Sql } from "postgres";

/** Tables of which the rows of an owner are a sum, and the column that is added up. */
const totals = { stored_bytes: "bytes", image_counts: "images" };

/** Adds up the changes of owners, of up to `limit` changes in one statement. Two sweeps may do so at once. */
export function addUp(sql: Sql, table: keyof typeof totals, limit: number) {
  const column = sql(totals[table]);
  return sql`
    with added as (
      delete from ${sql(table)}
      where ctid = any (array(
        select ctid from ${sql(table)}
        where owner_id in (select owner_id from ${sql(table)} where not is_sum limit ${limit})
        for update skip locked
      ))
      returning owner_id, ${column}
    )
    insert into ${sql(table)} (owner_id, ${column}, is_sum)
    select owner_id, sum(${column}), true from added group by owner_id having sum(${column}) <> 0
  `;
}
