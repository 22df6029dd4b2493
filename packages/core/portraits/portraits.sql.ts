import type { PortraitMessage } from "@keepsake/contract/messages";
import type { Piece, Variant } from "@keepsake/contract/schemas";
import type { Sql, TransactionSql } from "postgres";
import { isStale } from "../isStale.sql.ts";
import { type RetryPolicy, redriveAdvice } from "../retryPolicy.ts";
import { shownDetails } from "../shownDetails.sql.ts";

/**
 * The portraits of these messages that are still pending, each with an attempt counted before the work:
 * a process that dies has tried. Base64 is read as text: bytea is sent as hex. Every statement on several
 * rows takes them in the order of their keys: taken in different orders, two would wait for each other. Rows that
 * are only changed are locked `for no key update`: with `for update`, they would wait for the snapshot of an export of
 * everything, and with them other owners' rows.
 */
export function claim(
  sql: Sql,
  messages: PortraitMessage[],
  { maxAttempts }: Pick<RetryPolicy, "maxAttempts">,
) {
  return sql<ClaimedPortrait[]>`
    with claimed as (
      select p.piece_id, w.owner_id, i.key as image_key, i.bytes as image_bytes,
             i.sha256 as image_sha256
      from lore_pieces p
      join worlds w using (world_id)
      left join images i on i.image_id = p.portrait_image_id and i.status = 'published'
      join (
        select distinct piece_id, version
        from jsonb_to_recordset(${sql.json(messages)}) as m (piece_id uuid, version integer)
      ) m on m.piece_id = p.piece_id and m.version = p.portrait_version
      where p.portrait_status = 'pending' and p.attempts < ${maxAttempts}
      order by p.piece_id
      for no key update of p
    ), counted as (
      update lore_pieces p set attempts = p.attempts + 1, attempted_at = now(), requeues = 0
      from claimed
      where p.piece_id = claimed.piece_id
      returning p.piece_id, p.world_id, p.portrait_version as version, p.attempts, p.details,
                p.settled_version, claimed.owner_id, claimed.image_key, claimed.image_bytes,
                claimed.image_sha256, ${shownDetails(sql)} ->> 'image_portrait' as shown_url
    )
    select c.piece_id, c.world_id, c.version, c.attempts, c.settled_version, c.owner_id, c.image_key, c.image_bytes,
           c.image_sha256, c.shown_url,
           -- of the base64, jsonb_to_record makes a copy more, which takes a third of the statement's time
           c.details ->> 'image_portrait_base64' as base64
    from counted c
  `;
}

/** Those of the messages whose portrait was tried before and may be tried again, fewest attempts first. */
export function findTried(
  sql: Sql,
  messages: PortraitMessage[],
  { maxAttempts }: Pick<RetryPolicy, "maxAttempts">,
) {
  return sql<PortraitMessage[]>`
    select distinct p.piece_id, p.portrait_version as version, p.attempts from lore_pieces p
    join jsonb_to_recordset(${sql.json(messages)}) as m (piece_id uuid, version integer)
      on p.piece_id = m.piece_id and p.portrait_version = m.version
    where p.portrait_status = 'pending' and p.attempts between 1 and ${maxAttempts - 1}
    order by p.attempts, p.piece_id
  `;
}

export type ClaimedPortrait = {
  piece_id: string;
  world_id: string;
  owner_id: string;
  version: number;
  /** This one included. */
  attempts: number;
  base64: string | null;
  /** The URL of the version that readers see until this one is published. */
  shown_url: string | null;
  /** Up to this version, every one is listed for erasure already, but the one that is shown. */
  settled_version: number;
  image_key: string | null;
  image_bytes: number | null;
  image_sha256: string | null;
};

/**
 * Writes the outcomes of a batch. A URL replaces the base64 in the same statement; without a URL the
 * base64 stays. A row that was replaced, published or deleted in the meantime is not changed; one that
 * another worker gave up on is published. The versions that a published one replaces are erased 24 hours
 * later; no worker writes them by then. Until then the one of them that was shown can be brought back.
 */
export function saveOutcomes(sql: Sql | TransactionSql, outcomes: PortraitOutcome[]) {
  return sql<{ piece_id: string; status: PortraitOutcome["status"]; attempts: number }[]>`
    with outcome as (
      select p.piece_id, o.status, o.error, o.url, o.variants, o.stored_bytes, o.erasure_id, o.replaced_keys,
             o.replaced_version, p.shown_image_id, p.stored_bytes as replaced_bytes,
             case when o.replaced_version is not null then p.details -> 'image_portrait' end as replaced_url,
             case when o.replaced_version is not null
               then p.details -> 'image_portrait_variants' end as replaced_variants
      from lore_pieces p
      join jsonb_to_recordset(${sql.json(outcomes)})
        as o (piece_id uuid, version integer, status text, error text, url text, variants jsonb,
              stored_bytes integer, erasure_id uuid, replaced_keys jsonb, replaced_version integer)
        on o.piece_id = p.piece_id and o.version = p.portrait_version
      where p.portrait_status = 'pending' or (p.portrait_status = 'failed' and o.status = 'published')
      order by p.piece_id
      for no key update of p
    ), saved as (
      update lore_pieces p
      set details = case
            when o.url is null then p.details
            -- reads none of the base64's megabytes
            else ${shownDetails(sql)} ||
              jsonb_build_object('image_portrait', o.url, 'image_portrait_variants', o.variants)
          end,
          stored_bytes = case when o.url is null then p.stored_bytes else o.stored_bytes end,
          portrait_status = o.status,
          portrait_error = o.error,
          shown_image_id = case o.status when 'published' then null else p.shown_image_id end,
          updated_at = now()
      from outcome o
      where p.piece_id = o.piece_id
      returning p.piece_id, p.world_id, p.portrait_status as status, p.attempts, o.erasure_id,
                o.replaced_keys
    ), replaced as (
      select s.erasure_id, w.owner_id, s.replaced_keys from saved s join worlds w using (world_id)
      where s.erasure_id is not null
    ), listed as (
      insert into erasures (erasure_id, owner_id) select erasure_id, owner_id from replaced
    ), objects as (
      insert into erasure_objects (erasure_id, owner_id, bucket, key, erase_after, final_after)
      select erasure_id, owner_id, 'images', key,
             now() + interval '24 hours', now() + interval '24 hours'
      from replaced cross join lateral jsonb_array_elements_text(replaced_keys) key
    ), restorable as (
      insert into replaced_portraits
        (piece_id, version, url, variants, stored_bytes, image_id, erasure_id)
      select o.piece_id, o.replaced_version, o.replaced_url #>> '{}',
             coalesce(o.replaced_variants, '[]'), o.replaced_bytes, o.shown_image_id, o.erasure_id
      from outcome o join saved using (piece_id)
      where o.replaced_url is not null
      on conflict (piece_id, version)
        do update set erasure_id = excluded.erasure_id, replaced_at = excluded.replaced_at
    )
    select piece_id, status, attempts from saved
  `;
}

/** Those of the pieces that exist. */
export async function findExisting(sql: Sql, piece_ids: string[]) {
  const rows = await sql<{ piece_id: string }[]>`
    select piece_id from lore_pieces where piece_id in ${sql(piece_ids)}
  `;
  return new Set(rows.map(({ piece_id }) => piece_id));
}

export type PortraitOutcome = {
  piece_id: string;
  version: number;
  status: "published" | "rejected" | "failed" | "pending";
  error: string | null;
  url: string | null;
  /** Every size of a published portrait, the original last. */
  variants?: Variant[];
  /** Of a published portrait, with its smaller copies. */
  stored_bytes?: number;
  /** With `replaced_keys` when this version replaces others: the new id of their erasure. */
  erasure_id?: string;
  replaced_keys?: string[];
  /** The version that is shown until this one is published. */
  replaced_version?: number | undefined;
};

/** Marks pending portraits as not in the queue, so that the next sweep sends them. */
export function markUnsent(sql: Sql, messages: PortraitMessage[]) {
  return sql`
    update lore_pieces set queued_at = null, requeues = greatest(0, requeues - 1)
    where piece_id in (
      select p.piece_id from lore_pieces p
      join jsonb_to_recordset(${sql.json(messages)}) as m (piece_id uuid, version integer)
        on p.piece_id = m.piece_id and p.portrait_version = m.version
      where p.portrait_status = 'pending'
      order by p.piece_id
      for no key update of p
    )
  `;
}

/** Marks portraits as failed whose last allowed attempt did not run to its end. */
export function failExhausted(sql: Sql, { maxAttempts, attemptSeconds }: RetryPolicy) {
  return sql`
    update lore_pieces
    set portrait_status = 'failed', updated_at = now(),
        portrait_error = concat_ws(' ',
          'Gave up after', attempts, 'attempts: the last one did not run to its end.',
          replace(portrait_error, ' It is tried again.', ''), ${redriveAdvice}::text)
    where piece_id in (
      select piece_id from lore_pieces
      where portrait_status = 'pending' and attempts >= ${maxAttempts}
        and attempted_at < now() - make_interval(secs => ${attemptSeconds})
      order by piece_id
      for no key update
    )
  `;
}

/**
 * Claims up to `limit` stale portraits, oldest first, and counts the requeue. Two sweeps never claim the
 * same. However long a portrait waits, it is claimed again.
 */
export function claimStale(sql: Sql, policy: RetryPolicy, limit: number) {
  return sql<PortraitMessage[]>`
    update lore_pieces set queued_at = now(), requeues = requeues + 1
    where piece_id in (
      select piece_id from lore_pieces
      where portrait_status = 'pending' and attempts < ${policy.maxAttempts}
        and ${isStale(sql, policy)}
      order by queued_at nulls first
      limit ${limit}
      for no key update skip locked
    )
    returning piece_id, portrait_version as version
  `;
}

/** Those of the messages that no consumer has begun since they were queued. */
export function findWaiting(sql: Sql, messages: PortraitMessage[]) {
  return sql<PortraitMessage[]>`
    select p.piece_id, p.portrait_version as version from lore_pieces p
    join jsonb_to_recordset(${sql.json(messages)}) as m (piece_id uuid, version integer)
      on p.piece_id = m.piece_id and p.portrait_version = m.version
    where p.queued_at is not null and coalesce(p.attempted_at < p.queued_at, true)
  `;
}

/** For a queue that lost its messages: every pending portrait counts as not queued and never requeued. */
export function requeueAllPending(sql: Sql) {
  return sql`
    update lore_pieces set queued_at = null, requeues = 0
    where piece_id in (
      select piece_id from lore_pieces where portrait_status = 'pending' order by piece_id for no key update
    )
  `;
}

export type PortraitSource =
  | { base64: string; image_id: null }
  | { base64: null; image_id: string };

/**
 * The type of a piece of the owner, locked until the transaction ends; undefined when there is none. Only what deletes
 * it waits for an export of everything that holds it.
 */
export async function lockPiece(
  tx: TransactionSql,
  { owner_id, world_id, piece_id }: { owner_id: string; world_id: string; piece_id: string },
  to: "change" | "delete",
) {
  const [piece] = await tx<{ type: Piece["type"] }[]>`
    select p.type from lore_pieces p join worlds w using (world_id)
    where p.piece_id = ${piece_id} and p.world_id = ${world_id} and w.owner_id = ${owner_id}
    for ${to === "change" ? tx`no key update` : tx`update`} of p
  `;
  return piece?.type;
}

/** Makes the next version of a portrait pending. The URL of the current one stays until then. */
export async function replacePortrait(
  tx: TransactionSql,
  piece_id: string,
  source: PortraitSource,
) {
  const [row] = await tx<[Piece & { version: number }]>`
    update lore_pieces p
    set details = details - 'image_portrait_base64'
          || jsonb_strip_nulls(jsonb_build_object('image_portrait_base64', ${source.base64}::text)),
        shown_image_id = case portrait_status when 'published' then portrait_image_id else shown_image_id end,
        portrait_image_id = ${source.image_id}, portrait_version = portrait_version + 1,
        portrait_status = 'pending', portrait_error = null, queued_at = now(), requeues = 0,
        attempts = 0, attempted_at = null, updated_at = now()
    where piece_id = ${piece_id}
    returning piece_id, type, name, description, ${shownDetails(tx)} as details,
              portrait_status, portrait_error, portrait_version as version
  `;
  return row;
}
