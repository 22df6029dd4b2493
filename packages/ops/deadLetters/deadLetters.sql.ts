import type { Sql } from "postgres";

/** What an operator needs to know about the row that a message names. */
export type RowState = { id: string; status: string; error: string | null; attempts: number };

export function findPieces(sql: Sql, ids: string[]) {
  return sql<RowState[]>`
    select piece_id as id, portrait_status as status, portrait_error as error, attempts
    from lore_pieces where piece_id in ${sql(ids)}
  `;
}

export function findImages(sql: Sql, ids: string[]) {
  return sql<RowState[]>`
    select image_id as id, status, error, attempts from images where image_id in ${sql(ids)}
  `;
}

export function findEvents(sql: Sql, ids: string[]) {
  return sql<RowState[]>`
    select event_id as id, status, error, attempts from events where event_id in ${sql(ids)}
  `;
}

/** With the most attempts that one of its zips has had. */
export function findExports(sql: Sql, ids: string[]) {
  return sql<RowState[]>`
    select export_id as id, status, error,
           coalesce((select max(attempts) from export_files f where f.export_id = e.export_id), 0)
             as attempts
    from exports e where export_id in ${sql(ids)}
  `;
}

/** A failed row that can be made pending again. */
export type FailedRow = { kind: "portrait" | "image" | "event"; id: string; error: string | null };

/** How many rows have failed that can be made pending again. */
export async function countFailed(sql: Sql) {
  const [counts] = await sql<[{ portraits: number; images: number; events: number }]>`
    select (select count(*)::integer from lore_pieces where ${isFailedPortrait(sql)}) as portraits,
           (select count(*)::integer from images where ${isFailedImage(sql)}) as images,
           (select count(*)::integer from events where status = 'failed') as events
  `;
  return counts;
}

/** The first of them in the order of their ids, portraits before images before events. */
export function findFailed(sql: Sql, limit: number) {
  return sql<FailedRow[]>`
    (select 'portrait' as kind, piece_id as id, portrait_error as error from lore_pieces
     where ${isFailedPortrait(sql)} order by piece_id limit ${limit})
    union all
    (select 'image' as kind, image_id as id, error from images
     where ${isFailedImage(sql)} order by image_id limit ${limit})
    union all
    (select 'event' as kind, event_id as id, concat(type, ': ', error) as error from events
     where status = 'failed' order by event_id limit ${limit})
    limit ${limit}
  `;
}

/**
 * Makes failed rows pending again; the next sweep queues them. One attempt stays counted, because it may
 * have stored the image: if the row is rejected, that is erased. An event has all its attempts again. Resolves to
 * the number of rows.
 */
export async function resetFailed(sql: Sql): Promise<number> {
  const portraits = await sql`
    update lore_pieces
    set portrait_status = 'pending', portrait_error = null, queued_at = null, requeues = 0,
        attempts = 1, attempted_at = null
    where piece_id in (
      select piece_id from lore_pieces where ${isFailedPortrait(sql)} order by piece_id for update
    )
  `;
  const images = await sql`
    update images
    set status = 'pending', error = null, queued_at = null, requeues = 0,
        attempts = 1, attempted_at = null
    where image_id in (
      select image_id from images where ${isFailedImage(sql)} order by image_id for update
    )
  `;
  const events = await sql`
    update events
    set status = 'pending', error = null, attempts = 0, requeues = 0, finished_at = null,
        send_after = now(), queue_after = now()
    where event_id in (
      select event_id from events where status = 'failed' order by event_id for update
    )
  `;
  return portraits.count + images.count + events.count;
}

/** It failed, and what it is made of still exists. */
const isFailedPortrait = (sql: Sql) => sql`
  portrait_status = 'failed' and (
    details ? 'image_portrait_base64' or portrait_image_id is not null
  )
`;
/** Of an upload, what arrived may still be in the incoming bucket; of an image in base64 or from a backfill, nothing is kept. */
const isFailedImage = (sql: Sql) => sql`
  status = 'failed' and platform <> 'base64'
    and case platform when 'web' then url_expires_at is not null else expires_at is null end
`;
