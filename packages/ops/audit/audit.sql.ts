import type { BucketName } from "@keepsake/core/ports";
import type { PendingQuery, Row, Sql } from "postgres";

/**
 * Of these keys of portraits, those that a piece may have, or that are being erased. A piece has the
 * version that it shows and later ones, which may be pending; others were replaced.
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
                    and (k.version = ${shownVersion(sql)}
                         or k.version > greatest(${shownVersion(sql)}, p.settled_version)))
       or exists (select 1 from erasure_objects o
                  where o.bucket = 'images' and o.key = k.key and o.erased_at is null)
  `;
}

const shownVersion = (sql: Sql) => sql`
  coalesce(substring(p.details ->> 'image_portrait' from '_portrait_v([0-9]{1,6})\\.png$')::integer, 1)
`;

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
 * erased. A rejected image names none; a published one has smaller copies, of which `width` is known.
 */
export function findImageKeys(
  sql: Sql,
  bucket: BucketName,
  images: { key: string; image_id: string; width?: number }[],
) {
  return sql<{ key: string }[]>`
    select k.key from jsonb_to_recordset(${sql.json(images)})
      as k (key text, image_id uuid, width integer)
    where exists (select 1 from images i where i.image_id = k.image_id
                    and case ${bucket} when 'incoming' then i.url_expires_at is not null
                      else (i.key = k.key or i.status in ('pending', 'failed')
                            or (i.status = 'published' and k.width is not null))
                        and i.visibility = case ${bucket} when 'private' then 'private' else 'public' end
                      end)
       or exists (select 1 from erasure_objects o
                  where o.bucket = ${bucket} and o.key = k.key and o.erased_at is null)
  `;
}

/** Of these keys of zips, those of exports that are pending or ready, or that are being erased. */
export function findExportKeys(
  sql: Sql,
  zips: { key: string; export_id: string; file_index: number }[],
) {
  return sql<{ key: string }[]>`
    select k.key from jsonb_to_recordset(${sql.json(zips)})
      as k (key text, export_id uuid, file_index integer)
    where exists (select 1 from exports e join export_files f using (export_id)
                  where e.status in ('pending', 'ready')
                    and f.export_id = k.export_id and f.file_index = k.file_index)
       or exists (select 1 from erasure_objects o
                  where o.bucket = 'private' and o.key = k.key and o.erased_at is null)
  `;
}

/** An object that a row names. A private image has a key in its bucket, the others have URLs. */
export type PublishedRow = {
  kind: "portrait" | "image";
  id: string;
  /** Of a smaller copy; undefined for the picture itself. */
  width?: number;
} & ({ url: string; private_key: null } | { url: null; private_key: string });

/** A row with the sizes that it lists: those of an image's copies, or all sizes of a portrait. */
export type RowWithSizes = PublishedRow & { sizes: { width: number; url?: string }[] };

/** The next page of rows that name objects, in the order of their ids. */
export function findPublishedAfter(
  sql: Sql,
  kind: PublishedRow["kind"],
  after: string,
  limit: number,
) {
  return kind === "portrait"
    ? sql<RowWithSizes[]>`
        select 'portrait' as kind, piece_id as id, details ->> 'image_portrait' as url,
               null as private_key, coalesce(details -> 'image_portrait_variants', '[]') as sizes
        from lore_pieces
        where piece_id > ${after} and details ? 'image_portrait'
        order by piece_id limit ${limit}
      `
    : sql<RowWithSizes[]>`
        select 'image' as kind, image_id as id, url, variants as sizes,
               case when visibility = 'private' then key end as private_key
        from images
        where image_id > ${after} and (url is not null or (visibility = 'private' and key is not null))
        order by image_id limit ${limit}
      `;
}

/** Removes a smaller copy that does not exist from its row's list. */
export function removeCopy(sql: Sql, { kind, id, width = 0 }: PublishedRow) {
  const without = (sizes: PendingQuery<Row[]>) => sql`
    (select coalesce(jsonb_agg(s order by s -> 'width'), '[]')
     from jsonb_array_elements(${sizes}) s where (s ->> 'width')::integer <> ${width})
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

/**
 * Removes a URL, or a private image's key, whose object does not exist, with those of its copies, and sets
 * the row's error.
 */
export function removeUrl(sql: Sql, { kind, id, url, private_key }: PublishedRow) {
  const error = "The stored image is missing: send it again";
  return kind === "portrait"
    ? sql`
        update lore_pieces
        set details = details - '{image_portrait,image_portrait_variants}'::text[],
            portrait_error = ${error}, stored_bytes = null, updated_at = now(),
            portrait_status = case portrait_status when 'published' then 'failed' else portrait_status end
        where piece_id = ${id} and details ->> 'image_portrait' = ${url}
      `
    : sql`
        update images
        set status = 'failed', url = null, key = null, variants = '[]', error = ${error}
        where image_id = ${id} and (url = ${url} or (visibility = 'private' and key = ${private_key}))
      `;
}
