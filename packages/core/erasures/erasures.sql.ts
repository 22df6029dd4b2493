import type { Erasure } from "@keepsake/contract/schemas";
import type { Sql, TransactionSql } from "postgres";

export type ErasureObject = {
  bucket: "images" | "incoming";
  key: string;
  erase_after: string;
  final_after: string;
};

export async function insert(
  tx: TransactionSql,
  erasure: { erasure_id: string; owner_id: string },
  objects: ErasureObject[],
): Promise<Erasure> {
  const { erasure_id } = erasure;
  const [row] = await tx<[Pick<Erasure, "created_at">]>`
    insert into erasures ${tx(erasure, "erasure_id", "owner_id")} returning created_at
  `;
  // a statement takes at most 65,534 parameters
  for (let at = 0; at < objects.length; at += 10_000)
    await tx`
      insert into erasure_objects ${tx(
        objects.slice(at, at + 10_000).map((object) => ({ erasure_id, ...object })),
        "erasure_id",
        "bucket",
        "key",
        "erase_after",
        "final_after",
      )}
    `;
  return { erasure_id, objects: 0, bytes: 0, purge: null, ...row, done_at: null };
}

export async function find(sql: Sql, owner_id: string, erasure_id: string) {
  const [erasure] = await sql<Erasure[]>`
    select e.erasure_id, e.purge, e.created_at, e.done_at,
           count(o.bytes)::integer as objects, coalesce(sum(o.bytes), 0)::float8 as bytes
    from erasures e left join erasure_objects o using (erasure_id)
    where e.erasure_id = ${erasure_id} and e.owner_id = ${owner_id}
    group by e.erasure_id
  `;
  return erasure;
}

export type DueObject = {
  erasure_id: string;
  bucket: "images" | "incoming";
  key: string;
  final: boolean;
};

/** Claims up to `limit` objects that are due, for five minutes: another sweep does not get them. */
export function claimDue(sql: Sql, limit: number) {
  return sql<DueObject[]>`
    update erasure_objects set erase_after = now() + interval '5 minutes'
    where (erasure_id, bucket, key) in (
      select erasure_id, bucket, key from erasure_objects
      where erased_at is null and erase_after <= now()
      order by erase_after
      limit ${limit}
      for update skip locked
    )
    returning erasure_id, bucket, key, final_after <= now() as final
  `;
}

/** Marks objects as removed. One that may still be written is due again at its `final_after`. */
export function markRemoved(sql: Sql, removed: (DueObject & { bytes: number | null })[]) {
  return sql`
    update erasure_objects o
    set bytes = coalesce(o.bytes, r.bytes),
        erased_at = case when r.final then now() end,
        erase_after = o.final_after
    from jsonb_to_recordset(${sql.json(removed)})
      as r (erasure_id uuid, bucket text, key text, final boolean, bytes integer)
    where o.erasure_id = r.erasure_id and o.bucket = r.bucket and o.key = r.key
  `;
}

/** Whether the CDN confirmed the purge. */
export function savePurge(sql: Sql, erasure_ids: string[], purge: string) {
  return sql`update erasures set purge = ${purge} where erasure_id in ${sql(erasure_ids)}`;
}

/** Marks erasures with no object left as done. */
export function finish(sql: Sql) {
  return sql`
    update erasures e set done_at = now()
    where done_at is null and not exists (
      select 1 from erasure_objects o where o.erasure_id = e.erasure_id and o.erased_at is null
    )
  `;
}
