import type { PendingQuery, Row, Sql } from "postgres";

/**
 * Of these keys of portraits, those that a piece may have, or that are being erased. A piece has the
 * version that it shows and later ones, which may be pending; earlier ones were replaced.
 */
export function findPortraitKeys(
  sql: Sql,
  portraits: { key: string; piece_id: string; version: number }[],
) {
  return sql<{ key: string }[]>`
    select k.key from jsonb_to_recordset(${sql.json(portraits)})
      as k (key text, piece_id uuid, version integer)
    where exists (select 1 from lore_pieces p
                  where p.piece_id = k.piece_id and p.portrait_version >= k.version
                    and k.version >= coalesce(
                      substring(p.details ->> 'image_portrait' from '_portrait_v([0-9]{1,6})\\.png$')
                        ::integer, 1))
       or exists (select 1 from erasure_objects o
                  where o.bucket = 'images' and o.key = k.key and o.erased_at is null)
  `;
}

/**
 * Of these keys of portraits, those of worlds that this database has or had. The others may belong to a
 * product whose images were backfilled, whose rows we cannot read.
 */
export function findOwnPortraitKeys(sql: Sql, portraits: { key: string; world_id: string }[]) {
  return sql<{ key: string }[]>`
    select k.key from jsonb_to_recordset(${sql.json(portraits)}) as k (key text, world_id uuid)
    where exists (select 1 from worlds w where w.world_id = k.world_id)
       or exists (select 1 from erasure_objects o where o.bucket = 'images' and o.key = k.key)
  `;
}

/**
 * Of these keys of images in a bucket, those whose row names them or may still do so, or that are being
 * erased. A rejected image names none.
 */
export function findImageKeys(
  sql: Sql,
  bucket: "images" | "incoming",
  images: { key: string; image_id: string; width?: number }[],
) {
  return sql<{ key: string }[]>`
    select k.key from jsonb_to_recordset(${sql.json(images)}) as k (key text, image_id uuid, width integer)
    where exists (select 1 from images i where i.image_id = k.image_id
                    and (${bucket} = 'images' or i.url_expires_at is not null)
                    and (i.key = k.key or i.status in ('pending', 'failed') or ${bucket} = 'incoming'
                         or (i.status = 'published' and k.width is not null)))
       or exists (select 1 from erasure_objects o
                  where o.bucket = ${bucket} and o.key = k.key and o.erased_at is null)
  `;
}

/** A row, and a URL that it holds: the picture's own, or that of a smaller copy. */
export type PublishedRow = {
  kind: "portrait" | "image";
  id: string;
  url: string;
  isVariant: boolean;
};

type RowWithUrls = Pick<PublishedRow, "kind" | "id" | "url"> & { variants: { url: string }[] };

/** The next page of rows that hold URLs, in the order of their ids. */
export function findPublishedAfter(
  sql: Sql,
  kind: PublishedRow["kind"],
  after: string,
  limit: number,
) {
  return kind === "portrait"
    ? sql<RowWithUrls[]>`
        select 'portrait' as kind, piece_id as id, details ->> 'image_portrait' as url,
               coalesce(details -> 'image_portrait_variants', '[]') as variants
        from lore_pieces
        where piece_id > ${after} and details ? 'image_portrait'
        order by piece_id limit ${limit}
      `
    : sql<RowWithUrls[]>`
        select 'image' as kind, image_id as id, url, variants from images
        where image_id > ${after} and url is not null
        order by image_id limit ${limit}
      `;
}

/** Removes the URL of a smaller copy that does not exist. */
export function removeVariant(sql: Sql, { kind, id, url }: PublishedRow) {
  const without = (variants: PendingQuery<Row[]>) => sql`
    (select coalesce(jsonb_agg(v order by v -> 'width'), '[]')
     from jsonb_array_elements(${variants}) v where v ->> 'url' <> ${url})
  `;
  return kind === "portrait"
    ? sql`
        update lore_pieces
        set details = jsonb_set(details, '{image_portrait_variants}',
                                ${without(sql`details -> 'image_portrait_variants'`)}),
            updated_at = now()
        where piece_id = ${id} and details ? 'image_portrait_variants'
      `
    : sql`update images set variants = ${without(sql`variants`)} where image_id = ${id}`;
}

/** Removes a URL whose object does not exist, with those of its copies, and sets the row's error. */
export function removeUrl(sql: Sql, { kind, id, url }: PublishedRow) {
  const error = "The stored image is missing: send it again";
  return kind === "portrait"
    ? sql`
        update lore_pieces
        set details = details - '{image_portrait,image_portrait_variants}'::text[],
            portrait_error = ${error}, updated_at = now(),
            portrait_status = case portrait_status when 'published' then 'failed' else portrait_status end
        where piece_id = ${id} and details ->> 'image_portrait' = ${url}
      `
    : sql`
        update images set status = 'failed', url = null, key = null, variants = '[]', error = ${error}
        where image_id = ${id} and url = ${url}
      `;
}
