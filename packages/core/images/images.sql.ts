import type { Image } from "@keepsake/contract/schemas";
import type { Sql, TransactionSql } from "postgres";
import { linkedOwners } from "../linkedOwners.sql.ts";

/** The columns of an image that callers see. */
export const imageColumns = (sql: Sql | TransactionSql) => sql`
  image_id, platform, status, url, content_type, bytes, width, height, sha256, thumbhash, filename,
  error, created_at
`;
/** Callers see published images, and re-hosts in any state. */
const visible = (sql: Sql | TransactionSql) => sql`
  duplicate_of is null and (status = 'published' or platform <> 'web')
`;

export async function find(sql: Sql, owner_id: string, image_id: string) {
  const [image] = await sql<Image[]>`
    select ${imageColumns(sql)} from images
    where image_id = ${image_id} and owner_id in ${linkedOwners(sql, owner_id)} and ${visible(sql)}
  `;
  return image;
}

/**
 * The newest images of each linked owner, then the newest of those. Written as one query over all owners,
 * Postgres may choose to read every owner's images.
 */
export function page(
  sql: Sql,
  owner_id: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  return sql<Image[]>`
    select newest.* from ${linkedOwners(sql, owner_id)} owner (id) cross join lateral (
      select ${imageColumns(sql)} from images
      where owner_id = owner.id and ${visible(sql)} ${cursor ? sql`and image_id < ${cursor}` : sql``}
      order by image_id desc
      limit ${limit}
    ) newest
    order by image_id desc
    limit ${limit}
  `;
}

/** Where a published image of the owner's is stored; undefined when there is none. */
export async function findStored(sql: Sql, owner_id: string, image_id: string) {
  const [stored] = await sql<{ key: string; bytes: number }[]>`
    select key, bytes from images
    where image_id = ${image_id} and owner_id in ${linkedOwners(sql, owner_id)}
      and status = 'published' and duplicate_of is null
  `;
  return stored;
}

/** Those of the ids that are published images of the owner. They cannot be deleted until the transaction ends. */
export async function lockPublished(tx: TransactionSql, owner_id: string, image_ids: string[]) {
  const rows = await tx<{ image_id: string }[]>`
    select image_id from images
    where image_id in ${tx(image_ids)} and owner_id in ${linkedOwners(tx, owner_id)}
      and status = 'published' and duplicate_of is null
    for share
  `;
  return new Set(rows.map(({ image_id }) => image_id));
}

/** What is known of an image once it is published. */
export type PublishedImage = {
  key: string;
  url: string;
  content_type: string;
  bytes: number;
  width: number;
  height: number;
  sha256: string;
  thumbhash: string;
};

/** Writes a pending image's permanent URL. Resolves to false when the row is no longer pending. */
export async function markPublished(sql: Sql, image_id: string, image: PublishedImage) {
  const { count } = await sql`
    update images
    set ${sql(image)}, status = 'published', error = null, error_code = null, published_at = now(),
        source = source - 'url'
    where image_id = ${image_id} and status = 'pending'
  `;
  return count === 1;
}

/** Marks a pending image as impossible to publish, with the reason. */
export function markRejected(sql: Sql, image_id: string, error_code: string, error: string) {
  return sql`
    update images set status = 'rejected', error_code = ${error_code}, error = ${error}
    where image_id = ${image_id} and status = 'pending'
  `;
}

/** Locks an image to delete it, together with the uploads that are duplicates of it. */
export function lockToDelete(tx: TransactionSql, owner_id: string, image_id: string) {
  return tx<DeletedImage[]>`
    select image_id, platform, status, key, url_expires_at, expires_at from images
    where owner_id in ${linkedOwners(tx, owner_id)}
      and (image_id = ${image_id} or duplicate_of = ${image_id})
    order by image_id
    for update
  `;
}

export type DeletedImage = {
  image_id: string;
  platform: string;
  status: string;
  key: string | null;
  url_expires_at: string | null;
  expires_at: string | null;
};

export async function exists(sql: Sql, image_id: string) {
  const [image] = await sql`select 1 from images where image_id = ${image_id}`;
  return image !== undefined;
}

/** Whether a pending portrait is to be made of the image. */
export async function isPortraitSource(tx: TransactionSql, image_id: string) {
  const [portrait] = await tx`
    select 1 from lore_pieces
    where portrait_image_id = ${image_id} and portrait_status = 'pending' limit 1
  `;
  return portrait !== undefined;
}

export function remove(tx: TransactionSql, image_ids: string[]) {
  return tx`delete from images where image_id in ${tx(image_ids)}`;
}
