import type { Image } from "@keepsake/contract/schemas";
import type { JSONValue, PendingQuery, Row, Sql, TransactionSql } from "postgres";
import { linkedOwners } from "../linkedOwners.sql.ts";

/** The columns of an image that callers see. */
export const imageColumns = (sql: Sql | TransactionSql) => sql`
  image_id, platform, visibility, status, key, url, content_type, bytes, width, height, sha256, thumbhash,
  variants, rewritten, warnings, filename, alt, caption, to_jsonb(tags) as tags, error, created_at
`;

/** An image as it is stored: `presentImage` makes the URLs of its copies, and all of a private one, from its key. */
export type ImageRow = Omit<Image, "variants"> & {
  key: string | null;
  variants: { width: number; height: number }[];
};

/** Callers see published images, and re-hosts in any state. The first line is the condition of the indexes. */
export const visible = (sql: Sql | TransactionSql) => sql`
  duplicate_of is null and (status = 'published' or platform <> 'web')
  and (status = 'published' or platform <> 'base64')
`;

export async function find(sql: Sql, owner_id: string, image_id: string) {
  const [image] = await sql<ImageRow[]>`
    select ${imageColumns(sql)} from images
    where image_id = ${image_id} and owner_id in ${linkedOwners(sql, owner_id)} and ${visible(sql)}
  `;
  return image;
}

/** Those of the ids that are images of the owner. */
export function findSome(sql: Sql, owner_id: string, image_ids: string[]) {
  return sql<ImageRow[]>`
    select ${imageColumns(sql)} from images
    where image_id in ${sql(image_ids)} and owner_id in ${linkedOwners(sql, owner_id)}
      and ${visible(sql)}
  `;
}

/** What people say about an image. Undefined fields stay. */
export type ImageTexts = {
  alt: string | null | undefined;
  caption: string | null | undefined;
  tags: string[] | undefined;
  filename: string | null | undefined;
};

/** Resolves to the changed image; undefined when there is none among the owner's. */
export async function update(
  sql: Sql,
  owner_id: string,
  image_id: string,
  { alt, caption, tags, filename }: ImageTexts,
) {
  const changed = (value: unknown) => sql`${value !== undefined}::boolean`;
  const [image] = await sql<ImageRow[]>`
    update images
    set alt = case when ${changed(alt)} then ${alt ?? null} else alt end,
        caption = case when ${changed(caption)} then ${caption ?? null} else caption end,
        tags = case when ${changed(tags)}
          then array(select jsonb_array_elements_text(${sql.json(tags ?? [])})) else tags end,
        filename = case when ${changed(filename)} then ${filename ?? null} else filename end
    where image_id = ${image_id} and owner_id in ${linkedOwners(sql, owner_id)} and ${visible(sql)}
    returning ${imageColumns(sql)}
  `;
  return image;
}

/**
 * One row or none: the oldest published image of a visibility that was made of these bytes, among those of
 * the linked owners. It is the same for every caller that asks until it is deleted.
 */
export function findBySource(
  sql: Sql,
  owner_id: string,
  { source_sha256, visibility }: { source_sha256: string; visibility: Image["visibility"] },
) {
  return sql<ImageRow[]>`
    select oldest.* from ${linkedOwners(sql, owner_id)} owner (id) cross join lateral (
      select ${imageColumns(sql)} from images
      where owner_id = owner.id and source_sha256 = ${source_sha256}
        and status = 'published' and duplicate_of is null and visibility = ${visibility}
      order by image_id
      limit 1
    ) oldest
    order by image_id
    limit 1
  `;
}

/** Where a published image of the owner's is stored; undefined when there is none. */
export async function findStored(sql: Sql, owner_id: string, image_id: string) {
  const [stored] = await sql<
    { key: string; bytes: number; sha256: string; visibility: Image["visibility"] }[]
  >`
    select key, bytes, sha256, visibility from images
    where image_id = ${image_id} and owner_id in ${linkedOwners(sql, owner_id)}
      and status = 'published' and duplicate_of is null
  `;
  return stored;
}

/** Those of the ids that are published images of the owner, with their visibility. They cannot be deleted until the transaction ends. */
export async function lockPublished(tx: TransactionSql, owner_id: string, image_ids: string[]) {
  const rows = await tx<{ image_id: string; visibility: Image["visibility"] }[]>`
    select image_id, visibility from images
    where image_id in ${tx(image_ids)} and owner_id in ${linkedOwners(tx, owner_id)}
      and status = 'published' and duplicate_of is null
    order by image_id
    for share
  `;
  return new Map(rows.map(({ image_id, visibility }) => [image_id, visibility]));
}

/** What is known of an image once it is published. */
export type PublishedImage = {
  key: string;
  /** Null for a private image. */
  url: string | null;
  content_type: string;
  bytes: number;
  width: number;
  height: number;
  sha256: string;
  thumbhash: string;
  /** The sizes of its smaller copies. */
  variants: { width: number; height: number }[];
  /** With its smaller copies. */
  stored_bytes: number;
  rewritten: boolean;
  warnings: string[];
  /** Of the bytes that it was made of. Known from the start for an upload. */
  source_sha256?: string;
  /** What a generator wrote into the file. */
  prompt: string | undefined;
};

/**
 * Marks a pending image as published, with its permanent URL if it is public. The prompt becomes its caption
 * if it has none and the sender did not forbid it. Resolves to the image, undefined when it is no longer pending.
 */
export async function markPublished(
  sql: Sql | TransactionSql,
  image_id: string,
  { prompt, ...image }: PublishedImage,
) {
  const [published] = await sql<ImageRow[]>`
    update images
    set caption = coalesce(caption, case when keep_prompt then ${prompt ?? null} end),
        ${sql({ ...image, variants: sql.json(image.variants), warnings: sql.json(image.warnings) } as object)},
        status = 'published', error = null, error_code = null, retry_at = null, published_at = now(),
        source = source - 'url'
    where image_id = ${image_id} and status = 'pending'
    returning ${imageColumns(sql)}
  `;
  return published;
}

/**
 * Marks a pending image as impossible to publish, with the reason; with `source`, only if that is its source still.
 * The URL in its source goes, as it may have a signature: a hash tells whether another one is new. Resolves to its
 * owner, its visibility and how often it was attempted; undefined when it is not pending.
 */
export async function markRejected(
  tx: TransactionSql,
  image_id: string,
  error_code: string,
  error: string,
  source: JSONValue | undefined,
) {
  const [image] = await tx<
    { owner_id: string; attempts: number; visibility: Image["visibility"] }[]
  >`
    update images
    set status = 'rejected', error_code = ${error_code}, error = ${error}, retry_at = null,
        source = case when source ? 'url'
          then (source - 'url') || jsonb_build_object('url_sha256', ${urlHash(tx, tx`source`)})
          else source end
    where image_id = ${image_id} and status = 'pending'
      ${source === undefined ? tx`` : tx`and source = ${tx.json(source)}`}
    returning owner_id, attempts, visibility
  `;
  return image;
}

/** Of the URL in a source, in lower-case hex. */
export const urlHash = (sql: Sql | TransactionSql, source: PendingQuery<Row[]>) =>
  sql`encode(sha256(convert_to(${source} ->> 'url', 'UTF8')), 'hex')`;

/** Locks an image to delete it, together with the uploads that an earlier release marked as duplicates of it. */
export function lockToDelete(tx: TransactionSql, owner_id: string, image_id: string) {
  return tx<DeletedImage[]>`
    select image_id, platform, visibility, status, key, url_expires_at, expires_at from images
    where owner_id in ${linkedOwners(tx, owner_id)}
      and (image_id = ${image_id} or duplicate_of = ${image_id})
    order by image_id
    for update
  `;
}

export type DeletedImage = {
  image_id: string;
  platform: string;
  visibility: Image["visibility"];
  status: string;
  key: string | null;
  url_expires_at: string | null;
  expires_at: string | null;
};

export async function exists(sql: Sql, image_id: string) {
  const [image] = await sql`select 1 from images where image_id = ${image_id}`;
  return image !== undefined;
}

/** A portrait that is made of an image, or is to be. */
export type PortraitOfImage = {
  piece_id: string;
  world_id: string;
  title: string | null;
  /** Whether the world is one of the caller's. Telegram accounts can be linked to another owner later. */
  is_own: boolean;
  version: number;
  settled_version: number;
  shown_url: string | null;
  /** The version that readers see is made of the image. */
  is_shown: boolean;
  /** The pending version is to be made of the image. */
  is_pending: boolean;
};

/** The portraits that show the image or are to be made of it, with `lock` until the transaction ends. */
export function findPortraits(
  tx: TransactionSql,
  { owner_id, image_id, lock }: { owner_id: string; image_id: string; lock: boolean },
) {
  const isShown = tx`
    p.details ? 'image_portrait' and case p.portrait_status
      when 'published' then p.portrait_image_id else p.shown_image_id end = ${image_id}
  `;
  const isPending = tx`p.portrait_status = 'pending' and p.portrait_image_id = ${image_id}`;
  return tx<PortraitOfImage[]>`
    select p.piece_id, p.world_id, w.title, w.owner_id in ${linkedOwners(tx, owner_id)} as is_own,
           p.portrait_version as version, p.settled_version,
           p.details ->> 'image_portrait' as shown_url,
           coalesce(${isShown}, false) as is_shown, coalesce(${isPending}, false) as is_pending
    from lore_pieces p join worlds w using (world_id)
    where (p.portrait_image_id = ${image_id} or p.shown_image_id = ${image_id})
      and ((${isShown}) or (${isPending}))
    order by p.world_id, p.piece_id
    ${lock ? tx`for update of p` : tx``}
  `;
}

/**
 * The replaced versions of the caller's portraits that still exist: those that were made of an image, and all of these
 * pieces. Call it when the image is locked: from then on none that was made of it is brought back.
 */
export function findReplaced(
  tx: TransactionSql,
  owner_id: string,
  { image_id, piece_ids }: { image_id: string; piece_ids: string[] },
) {
  return tx<{ world_id: string; piece_id: string; version: number; is_made_of: boolean }[]>`
    select p.world_id, r.piece_id, r.version,
           r.image_id is not distinct from ${image_id} as is_made_of
    from replaced_portraits r join lore_pieces p using (piece_id) join worlds w using (world_id)
    where (r.piece_id, r.version) in (
        select piece_id, version from replaced_portraits where image_id = ${image_id}
        union select piece_id, version from replaced_portraits where piece_id in (
          select id::uuid from jsonb_array_elements_text(${tx.json(piece_ids)}) id)
      ) and w.owner_id in ${linkedOwners(tx, owner_id)}
  `;
}

/** The worlds of the caller whose picture an image is, with `lock` until the transaction ends. */
export function findPicturedWorlds(
  tx: TransactionSql,
  { owner_id, image_id, lock }: { owner_id: string; image_id: string; lock: boolean },
) {
  return tx<{ world_id: string; title: string | null }[]>`
    select world_id, title from worlds
    where image_id = ${image_id} and owner_id in ${linkedOwners(tx, owner_id)}
    order by world_id
    ${lock ? tx`for update` : tx``}
  `;
}

/** A dataset of the caller's that an image is in, as an item or as a control image. */
export type DatasetOfImage = { dataset_id: string; name: string };

/**
 * Locks the items of datasets that images are in, in one order, after the images: the foreign keys change the items of
 * an image that is deleted in any order. Resolves to the datasets of the caller.
 */
export async function lockDatasetItems(
  tx: TransactionSql,
  owner_id: string,
  image_ids: string[],
): Promise<DatasetOfImage[]> {
  const uses = tx`image_id in ${tx(image_ids)} or control_image_id in ${tx(image_ids)}`;
  await tx`
    select count(*) from (
      select 1 from dataset_items where ${uses} order by dataset_id, image_id for update
    ) locked
  `;
  return tx<DatasetOfImage[]>`
    select dataset_id, name from datasets
    where owner_id = ${owner_id} and dataset_id in (select dataset_id from dataset_items where ${uses})
    order by dataset_id
  `;
}

/**
 * Takes the portraits of an image from their pieces. A version that is made of something else stays: the
 * shown one while another was pending, or the pending one while another is shown.
 */
export function removePortraits(tx: TransactionSql, portraits: PortraitOfImage[]) {
  return tx`
    update lore_pieces p
    set details = case when r.is_shown
          then p.details - '{image_portrait,image_portrait_variants}'::text[] else p.details end,
        stored_bytes = case when r.is_shown then null else p.stored_bytes end,
        portrait_status = case
          when p.portrait_status = 'pending' and not r.is_pending then 'pending'
          when p.details ? 'image_portrait' and not r.is_shown then 'published'
          when p.portrait_status in ('published', 'pending') then 'none'
          else p.portrait_status
        end,
        portrait_error = case when r.is_pending then null else p.portrait_error end,
        portrait_image_id = case
          when r.is_pending and not r.is_shown then p.shown_image_id
          when r.is_pending or p.portrait_status = 'published' then null
          else p.portrait_image_id
        end,
        shown_image_id = null, updated_at = now()
    from jsonb_to_recordset(${tx.json(portraits)})
      as r (piece_id uuid, is_shown boolean, is_pending boolean)
    where p.piece_id = r.piece_id
  `;
}

export function remove(tx: TransactionSql, image_ids: string[]) {
  return tx`delete from images where image_id in ${tx(image_ids)}`;
}
