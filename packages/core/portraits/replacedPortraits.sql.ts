import { limits } from "@keepsake/contract/limits";
import type { Piece, Portrait, Variant } from "@keepsake/contract/schemas";
import type { Sql, TransactionSql } from "postgres";
import { shownDetails } from "../shownDetails.sql.ts";

/** What a piece shows now, and what may be pending. */
export type PortraitState = {
  owner_id: string;
  version: number;
  settled_version: number;
  status: Piece["portrait_status"];
  url: string | null;
  variants: Variant[];
  stored_bytes: number | null;
  image_id: string | null;
};

/** The columns of a piece `p` that say what it shows. */
const stateColumns = (sql: Sql | TransactionSql) => sql`
  p.portrait_version as version, p.settled_version, p.portrait_status as status,
  ${shownDetails(sql)} ->> 'image_portrait' as url,
  coalesce(${shownDetails(sql)} -> 'image_portrait_variants', '[]') as variants, p.stored_bytes,
  case p.portrait_status when 'published' then p.portrait_image_id else p.shown_image_id end as image_id
`;

export async function find(sql: Sql, owner_id: string, world_id: string, piece_id: string) {
  const [state] = await sql<PortraitState[]>`
    select w.owner_id, ${stateColumns(sql)} from lore_pieces p join worlds w using (world_id)
    where p.piece_id = ${piece_id} and p.world_id = ${world_id} and w.owner_id = ${owner_id}
  `;
  return state;
}

/** The same, locked until the transaction ends: no worker publishes and no deletion of the world passes by. */
export async function lock(
  tx: TransactionSql,
  owner_id: string,
  world_id: string,
  piece_id: string,
) {
  const [state] = await tx<PortraitState[]>`
    select w.owner_id, ${stateColumns(tx)} from lore_pieces p join worlds w using (world_id)
    where p.piece_id = ${piece_id} and p.world_id = ${world_id} and w.owner_id = ${owner_id}
    for no key update of p
  `;
  return state;
}

/** An object that no sweep has claimed: a claim moves `erase_after`, and final removal is due with the first one. */
const isUntouched = (sql: Sql | TransactionSql) => sql`
  o.erased_at is null and o.erase_after = o.final_after and o.final_after > now()
`;

/** The replaced versions of a piece that can be brought back: the newest ones. */
export function findRestorable(sql: Sql, piece_id: string) {
  return sql<Pick<Portrait, "version" | "url" | "variants" | "erased_after">[]>`
    select r.version, r.url, r.variants, o.erase_after as erased_after
    from replaced_portraits r
    join erasure_objects o on o.erasure_id = r.erasure_id and o.bucket = 'images'
      and o.key = substring(r.url from 'portraits/.*$')
    where r.piece_id = ${piece_id} and ${isUntouched(sql)}
      and (r.image_id is null or exists (select 1 from images i where i.image_id = r.image_id))
    order by r.version desc
    limit ${limits.portraits_listed}
  `;
}

export type ReplacedPortrait = {
  version: number;
  url: string;
  variants: Variant[];
  stored_bytes: number | null;
  image_id: string | null;
};

/**
 * Takes a replaced version out of the list and its image under a lock. Undefined when there is none, or the image
 * that it was made of is deleted. Call it when the piece is locked.
 */
export async function takeReplaced(tx: TransactionSql, piece_id: string, version: number) {
  const [replaced] = await tx<ReplacedPortrait[]>`
    delete from replaced_portraits where piece_id = ${piece_id} and version = ${version}
    returning version, url, variants, stored_bytes, image_id
  `;
  if (!replaced?.image_id) return replaced;
  const image = await tx`select 1 from images where image_id = ${replaced.image_id} for share`;
  return image.length > 0 ? replaced : undefined;
}

/**
 * Takes objects from the owner's list of those to erase, whichever erasures have them. Resolves to false when one of
 * them is removed, or a sweep has claimed it: nothing may be shown then that needs it.
 */
export async function unlist(
  tx: TransactionSql,
  owner_id: string,
  keys: string[],
): Promise<boolean> {
  const [{ waiting }] = await countWaiting(tx, owner_id, keys);
  const unlisted = await tx<{ erasure_id: string; key: string }[]>`
    delete from erasure_objects
    where (erasure_id, bucket, key) in (
      select o.erasure_id, o.bucket, o.key from erasure_objects o
      where o.owner_id = ${owner_id} and o.bucket = 'images' and o.key in ${tx(keys)}
        and ${isUntouched(tx)}
      for update skip locked
    )
    returning erasure_id, key
  `;
  const isComplete = new Set(unlisted.map(({ key }) => key)).size === keys.length;
  if (!isComplete || unlisted.length !== waiting) return false;
  await tx`
    delete from erasures e
    where e.erasure_id in ${tx(unlisted.map(({ erasure_id }) => erasure_id))} and e.subject is null
      and not exists (select 1 from erasure_objects o where o.erasure_id = e.erasure_id)
  `;
  return true;
}

/** How many objects with these keys the owner's erasures have that are not removed. */
export const countWaiting = (sql: Sql | TransactionSql, owner_id: string, keys: string[]) =>
  sql<[{ waiting: number }]>`
    select count(*)::integer as waiting from erasure_objects
    where key in ${sql(keys)} and erased_at is null and bucket = 'images' and owner_id = ${owner_id}
  `;

type Replacing = { erasure_id: string; owner_id: string; keys: string[] };

/** Lists objects to be erased in 24 hours: no worker that began before writes them by then. */
export async function listInADay(tx: TransactionSql, { erasure_id, owner_id, keys }: Replacing) {
  await tx`insert into erasures (erasure_id, owner_id) values (${erasure_id}, ${owner_id})`;
  await tx`
    insert into erasure_objects (erasure_id, owner_id, bucket, key, erase_after, final_after)
    select ${erasure_id}, ${owner_id}, 'images', key,
           now() + interval '24 hours', now() + interval '24 hours'
    from jsonb_array_elements_text(${tx.json(keys)}) key
  `;
}

/** Notes the version that is shown until now, as one that can be brought back. */
export function insertReplaced(
  tx: TransactionSql,
  piece_id: string,
  erasure_id: string,
  { variants, ...replaced }: ReplacedPortrait,
) {
  const row = { piece_id, erasure_id, ...replaced, variants: tx.json(variants) };
  return tx`insert into replaced_portraits ${tx(row as object as typeof replaced)}`;
}

/**
 * Shows a version. A pending one is given up: the piece has another last version from then on, so that no worker
 * publishes the pending one.
 */
export async function show(
  tx: TransactionSql,
  piece_id: string,
  { url, variants, stored_bytes, image_id }: Omit<ReplacedPortrait, "version">,
) {
  const [piece] = await tx<[Piece]>`
    update lore_pieces
    set details = details - 'image_portrait_base64' || jsonb_build_object(
          'image_portrait', ${url}::text, 'image_portrait_variants', ${tx.json(variants)}::jsonb),
        stored_bytes = ${stored_bytes}, portrait_image_id = ${image_id}, shown_image_id = null,
        portrait_version = portrait_version + (portrait_status <> 'published')::integer,
        settled_version = portrait_version + (portrait_status <> 'published')::integer,
        portrait_status = 'published', portrait_error = null, updated_at = now()
    where piece_id = ${piece_id}
    returning piece_id, type, name, description, details, portrait_status, portrait_error
  `;
  return piece;
}

/** Deletes up to `limit` rows of versions that were replaced more than a day ago: their objects are erased. */
export function deleteOld(sql: Sql, limit: number) {
  return sql`
    delete from replaced_portraits where ctid in (
      select ctid from replaced_portraits where replaced_at < now() - interval '24 hours'
      limit ${limit}
      for update skip locked
    )
  `;
}
