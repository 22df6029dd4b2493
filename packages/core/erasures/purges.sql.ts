import type { Sql } from "postgres";
import type { PurgeBy, PurgeOutcome } from "../ports.ts";
import { dueInTurns, lease } from "./dueInTurns.sql.ts";

export type ObjectToPurge = {
  erasure_id: string;
  bucket: "images";
  key: string;
  /** Ours until the row has another one: the object was removed again, or another sweep claimed it. */
  lease: string;
};

/** Claims up to `limit` objects to purge, of all owners in turns. Another sweep does not get them for two minutes. */
export function claimDue(sql: Sql, by: PurgeBy, limit: number) {
  const waiting = sql`purge_next = ${by}`;
  const due = dueInTurns(sql, waiting, sql`purge_after`, limit);
  return sql<ObjectToPurge[]>`
    update erasure_objects set purge_after = ${lease(sql)}
    where (erasure_id, bucket, key) in (
      select o.erasure_id, o.bucket, o.key
      from erasure_objects o join ${due} due using (erasure_id, bucket, key)
      where ${waiting} and purge_after <= now()
      for update of o skip locked
    )
    returning erasure_id, bucket, key, purge_after::text as lease
  `;
}

/** Takes up to `wanted` purges from this minute's limit, and resolves to how many may be sent. */
export async function take(sql: Sql, by: PurgeBy, wanted: number, perMinute: number) {
  const available = sql`
    least(${perMinute}::float8, available + ${perMinute}::float8
      * greatest(0, extract(epoch from clock_timestamp() - counted_at)) / 60)
  `;
  const granted = sql`least(${wanted}::float8, floor(${available}))`;
  const [row] = await sql<[{ granted: number }]>`
    update purge_limits
    set granted = ${granted}, available = ${available} - ${granted}, counted_at = clock_timestamp()
    where purge = ${by}
    returning granted
  `;
  return row.granted;
}

/** Lets the next sweep claim objects that were not purged for lack of calls. */
export function release(sql: Sql, by: PurgeBy, objects: ObjectToPurge[]) {
  return sql`
    update erasure_objects o set purge_after = now()
    from ${listed(sql, objects)} where ${isOurs(sql, by)}
  `;
}

/**
 * Saves the outcome of a purge. After the purge by URL follows one by prefix, unless every copy was purged
 * since the object last existed. A failed purge is due again when its lease ends.
 */
export async function saveOutcome(
  sql: Sql,
  by: PurgeBy,
  objects: ObjectToPurge[],
  outcome: PurgeOutcome,
) {
  if (outcome === "failed")
    await sql`
      update erasure_objects o set purge_failed_at = now()
      from ${listed(sql, objects)} where ${isOurs(sql, by)}
    `;
  else {
    const isPurged = outcome === "confirmed" && by === "prefix";
    const needsPrefix = outcome === "confirmed" && by === "url";
    await sql`
      update erasure_objects o
      set purge_next = case when ${needsPrefix} and purged_at is null then 'prefix' end,
          purge_after = now(), purge_failed_at = null,
          purged_at = case when ${isPurged} then now() else purged_at end
      from ${listed(sql, objects)} where ${isOurs(sql, by)}
    `;
  }
  await saveReceipts(sql, [...new Set(objects.map(({ erasure_id }) => erasure_id))], outcome);
}

/** `confirmed` when every public object of the erasure was purged, `failed` while a purge has failed. */
function saveReceipts(sql: Sql, erasure_ids: string[], outcome: PurgeOutcome) {
  return sql`
    update erasures e
    set purge = case
      when exists (select 1 from erasure_objects o
                   where o.erasure_id = e.erasure_id and o.purge_failed_at is not null) then 'failed'
      when exists (select 1 from erasure_objects o
                   where o.erasure_id = e.erasure_id and o.bucket = 'images' and o.purged_at is null)
        then ${outcome === "not_configured" ? outcome : null}
      else 'confirmed'
    end
    where erasure_id in (
      select erasure_id from erasures where erasure_id in ${sql(erasure_ids)}
      order by erasure_id for update
    )
  `;
}

const listed = (sql: Sql, objects: ObjectToPurge[]) => sql`
  jsonb_to_recordset(${sql.json(objects)}) as p (erasure_id uuid, bucket text, key text, lease text)
`;

const isOurs = (sql: Sql, by: PurgeBy) => sql`
  o.erasure_id = p.erasure_id and o.bucket = p.bucket and o.key = p.key
  and o.purge_next = ${by} and o.purge_after = p.lease::timestamptz
`;
