import type { Sql } from "postgres";

/**
 * Adds up the changes of up to `limit` owners in one statement, all of each: at least `limit` changes, if there are as
 * many. Two sweeps may do so at once.
 */
export function addUp(sql: Sql, limit: number) {
  return sql`
    with added as (
      delete from owner_totals
      where ctid = any (array(
        select ctid from owner_totals
        where owner_id in (select owner_id from owner_totals where not is_sum limit ${limit})
        for update skip locked
      ))
      returning owner_id, bytes, images
    )
    insert into owner_totals (owner_id, bytes, images, is_sum)
    select owner_id, sum(bytes), sum(images), true from added
    group by owner_id having sum(bytes) <> 0 or sum(images) <> 0
  `;
}
