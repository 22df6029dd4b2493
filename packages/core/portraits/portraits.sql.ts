import type { PortraitMessage } from "@keepsake/contract/messages";
import type { Sql } from "postgres";

/** The portraits of these messages that are still pending. Base64 comes as text: bytea travels as hex. */
export function findPending(sql: Sql, messages: PortraitMessage[]) {
  return sql<PendingPortrait[]>`
    select p.piece_id, p.world_id, p.portrait_version as version,
           p.details ->> 'image_portrait_base64' as base64,
           i.key as image_key, i.bytes as image_bytes
    from lore_pieces p
    left join images i on i.image_id = p.portrait_image_id and i.status = 'published'
    join (
      select distinct piece_id, version
      from jsonb_to_recordset(${sql.json(messages)}) as m (piece_id uuid, version integer)
    ) m on m.piece_id = p.piece_id and m.version = p.portrait_version
    where p.portrait_status = 'pending'
  `;
}

export type PendingPortrait = {
  piece_id: string;
  world_id: string;
  version: number;
  base64: string | null;
  image_key: string | null;
  image_bytes: number | null;
};

/**
 * Writes what became of a batch. A URL replaces the base64 in the same statement; without one the
 * base64 stays. A row that was replaced, published or deleted meanwhile is left alone.
 */
export function settle(sql: Sql, outcomes: PortraitOutcome[]) {
  return sql<{ piece_id: string }[]>`
    update lore_pieces p
    set details = case
          when o.url is null then p.details
          else p.details - 'image_portrait_base64' || jsonb_build_object('image_portrait', o.url)
        end,
        portrait_status = o.status,
        portrait_error = o.error,
        updated_at = now()
    from jsonb_to_recordset(${sql.json(outcomes)})
      as o (piece_id uuid, version integer, status text, error text, url text)
    where p.piece_id = o.piece_id and p.portrait_version = o.version
      and p.portrait_status = 'pending'
    returning p.piece_id
  `;
}

/** Which of these pieces are there. */
export async function findExisting(sql: Sql, piece_ids: string[]) {
  const rows = await sql<{ piece_id: string }[]>`
    select piece_id from lore_pieces where piece_id in ${sql(piece_ids)}
  `;
  return new Set(rows.map(({ piece_id }) => piece_id));
}

export type PortraitOutcome = {
  piece_id: string;
  version: number;
  status: "published" | "rejected" | "pending";
  error: string | null;
  url: string | null;
};

/** Marks pending portraits as not in the queue, so that the next sweep sends them at once. */
export function markUnsent(sql: Sql, messages: PortraitMessage[]) {
  return sql`
    update lore_pieces p set queued_at = null, requeues = greatest(0, requeues - 1)
    from jsonb_to_recordset(${sql.json(messages)}) as m (piece_id uuid, version integer)
    where p.piece_id = m.piece_id and p.portrait_version = m.version
      and p.portrait_status = 'pending'
  `;
}

/** Gives up portraits that were re-queued often enough and are stale again. */
export function failExhausted(sql: Sql, { staleAfterSeconds, maxRequeues }: Staleness) {
  return sql`
    update lore_pieces
    set portrait_status = 'failed', updated_at = now(),
        portrait_error = concat('Gave up after ', requeues, ' more rounds. ', portrait_error)
    where portrait_status = 'pending' and requeues >= ${maxRequeues}
      and queued_at < now() - make_interval(secs => ${staleAfterSeconds})
  `;
}

/** Takes up to `most` stale portraits, oldest first, and counts the round. Two sweeps never share one. */
export function claimStale(sql: Sql, { staleAfterSeconds, maxRequeues }: Staleness, most: number) {
  return sql<PortraitMessage[]>`
    update lore_pieces set queued_at = now(), requeues = requeues + 1
    where piece_id in (
      select piece_id from lore_pieces
      where portrait_status = 'pending' and (
        queued_at is null
        or (queued_at < now() - make_interval(secs => ${staleAfterSeconds}) and requeues < ${maxRequeues})
      )
      order by queued_at nulls first
      limit ${most}
      for update skip locked
    )
    returning piece_id, portrait_version as version
  `;
}

export type Staleness = { staleAfterSeconds: number; maxRequeues: number };

/** Every pending portrait counts as not queued and not yet retried: its queue lost all it held. */
export function requeueAllPending(sql: Sql) {
  return sql`
    update lore_pieces set queued_at = null, requeues = 0 where portrait_status = 'pending'
  `;
}
