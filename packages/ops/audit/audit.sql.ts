import type { Sql } from "postgres";

/** Of these portraits' keys, those that a piece may have, or that are being erased. */
export function findPortraitKeys(
  sql: Sql,
  portraits: { key: string; piece_id: string; version: number }[],
) {
  return sql<{ key: string }[]>`
    select k.key from jsonb_to_recordset(${sql.json(portraits)})
      as k (key text, piece_id uuid, version integer)
    where exists (select 1 from lore_pieces p
                  where p.piece_id = k.piece_id and p.portrait_version >= k.version)
       or exists (select 1 from erasure_objects o
                  where o.bucket = 'images' and o.key = k.key and o.erased_at is null)
  `;
}

/**
 * Of these portraits' keys, those of worlds that are or were here. The others may be of a product whose
 * images were backfilled: its rows are not ours to look into.
 */
export function findOwnPortraitKeys(sql: Sql, portraits: { key: string; world_id: string }[]) {
  return sql<{ key: string }[]>`
    select k.key from jsonb_to_recordset(${sql.json(portraits)}) as k (key text, world_id uuid)
    where exists (select 1 from worlds w where w.world_id = k.world_id)
       or exists (select 1 from erasure_objects o where o.bucket = 'images' and o.key = k.key)
  `;
}

/** Of these images' keys, in either bucket, those whose row is there, or that are being erased. */
export function findImageKeys(
  sql: Sql,
  bucket: "images" | "incoming",
  images: { key: string; image_id: string }[],
) {
  return sql<{ key: string }[]>`
    select k.key from jsonb_to_recordset(${sql.json(images)}) as k (key text, image_id uuid)
    where exists (select 1 from images i where i.image_id = k.image_id
                    and (${bucket} = 'images' or i.url_expires_at is not null)
                    and (i.key is null or i.key = k.key or ${bucket} = 'incoming'))
       or exists (select 1 from erasure_objects o
                  where o.bucket = ${bucket} and o.key = k.key and o.erased_at is null)
  `;
}

export type PublishedRow = { kind: "portrait" | "image"; id: string; url: string };

/** A page of the rows that hold a URL, in the order of their ids. */
export function publishedAfter(sql: Sql, kind: PublishedRow["kind"], after: string, most: number) {
  return kind === "portrait"
    ? sql<PublishedRow[]>`
        select 'portrait' as kind, piece_id as id, details ->> 'image_portrait' as url
        from lore_pieces
        where piece_id > ${after} and details ? 'image_portrait'
        order by piece_id limit ${most}
      `
    : sql<PublishedRow[]>`
        select 'image' as kind, image_id as id, url from images
        where image_id > ${after} and url is not null
        order by image_id limit ${most}
      `;
}

/** Takes back a URL that leads nowhere. The row says what happened. */
export function takeBack(sql: Sql, { kind, id, url }: PublishedRow) {
  const error = "The stored image is missing: send it again";
  return kind === "portrait"
    ? sql`
        update lore_pieces
        set details = details - 'image_portrait', portrait_error = ${error}, updated_at = now(),
            portrait_status = case portrait_status when 'published' then 'failed' else portrait_status end
        where piece_id = ${id} and details ->> 'image_portrait' = ${url}
      `
    : sql`
        update images set status = 'failed', url = null, key = null, error = ${error}
        where image_id = ${id} and url = ${url}
      `;
}
