import type { Erasure, ListedErasure } from "@keepsake/contract/schemas";
import type { Fragment, Sql, TransactionSql } from "postgres";
import type { BucketName } from "../ports.ts";
import { dueInTurns, lease } from "./dueInTurns.sql.ts";

export type ObjectToErase = {
  bucket: BucketName;
  key: string;
  /** ISO 8601. Removed earlier, a presigned URL could write the object again. */
  notBefore?: string | null;
  /** ISO 8601. Until then a request in flight may still write the object. */
  notFinalBefore?: string | null;
};

type NewErasure = { erasure_id: string; owner_id: string; subject: string | null };

/** The final removal comes 16 minutes later: whatever started before the deletion has ended, as Lambdas run for 15. */
export async function insert(
  tx: TransactionSql,
  { erasure_id, owner_id, subject }: NewErasure,
  objects: ObjectToErase[],
): Promise<Erasure> {
  const [row] = await tx<[Pick<Erasure, "created_at">]>`
    insert into erasures (erasure_id, owner_id, subject)
    values (${erasure_id}, ${owner_id}, ${subject})
    returning created_at
  `;
  if (objects.length > 0)
    await tx`
      insert into erasure_objects (erasure_id, owner_id, bucket, key, erase_after, final_after)
      select ${erasure_id}::uuid, ${owner_id}, o.bucket, o.key, greatest(now(), o."notBefore"),
             greatest(now() + interval '16 minutes', o."notFinalBefore")
      from jsonb_to_recordset(${tx.json(objects)})
        as o (bucket text, key text, "notBefore" timestamptz, "notFinalBefore" timestamptz)
    `;
  return { erasure_id, objects: 0, bytes: 0, purge: null, ...row, done_at: null };
}

export const find = (sql: Sql, owner_id: string, erasure_id: string) =>
  findBy(sql, sql`e.erasure_id = ${erasure_id} and e.owner_id = ${owner_id}`);

/** The last erasure of a subject in the past hour. */
export const findOf = (sql: TransactionSql, owner_id: string, subject: string) =>
  findBy(
    sql,
    sql`e.owner_id = ${owner_id} and e.subject = ${subject}
        and e.created_at > now() - interval '1 hour'`,
  );

/** Whether there ever was an erasure of a subject. */
export async function hasOf(sql: TransactionSql, owner_id: string, subject: string) {
  const found = await sql`
    select 1 from erasures where owner_id = ${owner_id} and subject = ${subject} limit 1
  `;
  return found.length > 0;
}

async function findBy(sql: Sql | TransactionSql, condition: Fragment) {
  const [erasure] = await sql<Erasure[]>`
    select e.erasure_id, e.purge, e.created_at, e.done_at,
           count(o.bytes)::integer as objects, coalesce(sum(o.bytes), 0)::float8 as bytes
    from erasures e left join erasure_objects o using (erasure_id)
    where ${condition}
    group by e.erasure_id
    order by e.created_at desc
    limit 1
  `;
  return erasure;
}

/** The place of an erasure in the list, which stays when the erasure is deleted. */
export type Place = { created_at_us: string; erasure_id: string };

/**
 * A page of an owner's erasures, newest first. What was erased says the subject, else the key of an object. The objects
 * of one that is done are not read again.
 */
export function page(
  sql: Sql,
  owner_id: string,
  { limit, after }: { limit: number; after?: Place | undefined },
) {
  const last =
    after && sql`timestamptz 'epoch' + ${after.created_at_us}::bigint * interval '1 microsecond'`;
  return sql<(ListedErasure & Place)[]>`
    select e.erasure_id, e.purge, e.created_at, e.done_at,
           (extract(epoch from e.created_at) * 1000000)::bigint::text as created_at_us,
           coalesce(e.removed_objects, o.objects) as objects,
           coalesce(e.removed_bytes::float8, o.bytes) as bytes,
           coalesce(split_part(e.subject, ':', 1), e.removed_kind, o.kind) as subject
    from (
      select * from erasures
      where owner_id = ${owner_id}
        ${after ? sql`and (created_at, erasure_id) < (${last!}, ${after.erasure_id})` : sql``}
      order by created_at desc, erasure_id desc
      limit ${limit}
    ) e
    cross join lateral (
      select ${counts(sql)} from erasure_objects
      where erasure_id = e.erasure_id and e.removed_objects is null
    ) o
    order by e.created_at desc, e.erasure_id desc
  `;
}

/** What the objects of an erasure come to. */
const counts = (sql: Sql) => sql`
  count(bytes)::integer as objects, coalesce(sum(bytes), 0)::float8 as bytes,
  min(case split_part(key, '/', 1) when 'portraits' then 'portrait'
      when 'exports' then 'export' else 'image' end) as kind
`;

export type DueObject = {
  erasure_id: string;
  bucket: BucketName;
  key: string;
  /** No request that began before the deletion can write the object any more. */
  final: boolean;
};

/** Claims up to `limit` objects to remove, of all owners in turns. Another sweep does not get them for two minutes. */
export function claimDue(sql: Sql, limit: number) {
  const waiting = sql`erased_at is null`;
  const due = dueInTurns(sql, waiting, sql`erase_after`, limit);
  return sql<DueObject[]>`
    update erasure_objects set erase_after = ${lease(sql)}
    where (erasure_id, bucket, key) in (
      select o.erasure_id, o.bucket, o.key
      from erasure_objects o join ${due} due using (erasure_id, bucket, key)
      where ${waiting} and erase_after <= now()
      for update of o skip locked
    )
    returning erasure_id, bucket, key, final_after <= now() as final
  `;
}

/** How long the object that has waited longest is due for removal, in seconds; 0 when none is. */
export async function secondsOverdue(sql: Sql): Promise<number> {
  const [row] = await sql<[{ seconds: number | null }]>`
    select extract(epoch from now() - min(erase_after))::float8 as seconds from erasure_objects
    where erased_at is null
  `;
  return Math.max(0, row.seconds ?? 0);
}

/**
 * How long ago the last removal was due of the object that is unfinished the longest, in seconds; 0 when
 * none is overdue. Unlike `secondsOverdue` it grows while removals or purges fail.
 */
export async function secondsUnfinished(sql: Sql): Promise<number> {
  const [row] = await sql<[{ seconds: number | null }]>`
    select extract(epoch from now() - min(final_after))::float8 as seconds from erasure_objects
    where erased_at is null or purge_next is not null
  `;
  return Math.max(0, row.seconds ?? 0);
}

/**
 * Marks objects as removed, and public ones for purging. One that may still be written is due again at its
 * `final_after`. If the object existed, every earlier purge came too soon.
 */
export function markRemoved(sql: Sql, removed: (DueObject & { bytes: number | null })[]) {
  return sql`
    update erasure_objects o
    set bytes = coalesce(o.bytes, r.bytes),
        erased_at = case when r.final then now() end,
        erase_after = o.final_after,
        purge_next = case o.bucket when 'images' then 'url' end,
        purge_after = now(),
        purged_at = case when r.bytes is null then o.purged_at end
    from jsonb_to_recordset(${sql.json(removed)})
      as r (erasure_id uuid, bucket text, key text, final boolean, bytes integer)
    where o.erasure_id = r.erasure_id and o.bucket = r.bucket and o.key = r.key
      and o.erased_at is null
  `;
}

/** Marks erasures as done whose objects are all removed and purged, and counts what they removed. */
export function finish(sql: Sql) {
  return sql`
    update erasures set done_at = now(), (removed_objects, removed_bytes, removed_kind) = (
      select ${counts(sql)} from erasure_objects where erasure_id = erasures.erasure_id
    )
    where erasure_id in (
      select e.erasure_id from erasures e
      where e.done_at is null and not exists (
        select 1 from erasure_objects o
        where o.erasure_id = e.erasure_id and (o.erased_at is null or o.purge_next is not null)
      )
      for update skip locked
    )
  `;
}
