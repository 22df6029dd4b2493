import type { TransactionSql } from "postgres";
import type { DeletedImage } from "../images/images.sql.ts";

/** Deletes every world of these owners, and resolves to the portraits they had. */
export async function removeWorlds(tx: TransactionSql, owners: string[]) {
  await tx`select 1 from worlds where owner_id in ${tx(owners)} order by world_id for update`;
  const portraits = await tx<{ world_id: string; piece_id: string; version: number }[]>`
    select world_id, piece_id, portrait_version as version
    from lore_pieces join worlds using (world_id)
    where owner_id in ${tx(owners)} and portrait_version > 0
    order by piece_id
    for update of lore_pieces
  `;
  await tx`delete from worlds where owner_id in ${tx(owners)}`;
  return portraits;
}

/** Locks the datasets of these owners: none of them is changed or exported until the transaction ends. */
export function lockDatasets(tx: TransactionSql, owners: string[]) {
  return tx`
    select count(*) from (
      select 1 from datasets where owner_id in ${tx(owners)} order by dataset_id for update
    ) locked
  `;
}

/** Locks the images of these owners. */
export function lockImages(tx: TransactionSql, owners: string[]) {
  return tx`
    select count(*) from (
      select 1 from images where owner_id in ${tx(owners)} order by image_id for update
    ) locked
  `;
}

/**
 * Locks the items of these owners' datasets, and those of other owners' datasets that their images are in since a
 * Telegram account was linked to those before, once datasets and images are locked. Deleting these takes the items
 * out, in any order.
 */
export function lockItems(tx: TransactionSql, owners: string[]) {
  const own = tx`select image_id from images where owner_id in ${tx(owners)}`;
  return tx`
    select count(*) from (
      select 1 from dataset_items
      where (dataset_id, image_id) in (
        select dataset_id, image_id from dataset_items
          where dataset_id in (select dataset_id from datasets where owner_id in ${tx(owners)})
        union select dataset_id, image_id from dataset_items where image_id in (${own})
        union select dataset_id, image_id from dataset_items where control_image_id in (${own})
      )
      order by dataset_id, image_id
      for update
    ) locked
  `;
}

/** Deletes every image of these owners, in any state, and resolves to the deleted rows. */
export function removeImages(tx: TransactionSql, owners: string[]) {
  return tx<DeletedImage[]>`
    delete from images
    where image_id in (
      select image_id from images where owner_id in ${tx(owners)} order by image_id for update
    )
    returning image_id, platform, visibility, status, key, url_expires_at, expires_at
  `;
}

/** Deletes every dataset of these owners. Call it when they, their items and their exports are locked. */
export function removeDatasets(tx: TransactionSql, owners: string[]) {
  return tx`delete from datasets where owner_id in ${tx(owners)}`;
}

/**
 * Deletes the owner's idempotency keys, before anything that a repeated request takes after its key: otherwise both
 * could wait for each other.
 */
export function removeRequests(tx: TransactionSql, owner_id: string) {
  return tx`
    delete from requests where owner_id = ${owner_id} and idempotency_key in (
      select idempotency_key from requests where owner_id = ${owner_id}
      order by idempotency_key
      for update
    )
  `;
}

/** Deletes the keys of requests that were in flight when the others were deleted. Waits for none. */
export function removeNewRequests(tx: TransactionSql, owner_id: string) {
  return tx`
    delete from requests where owner_id = ${owner_id} and idempotency_key in (
      select idempotency_key from requests where owner_id = ${owner_id} for update skip locked
    )
  `;
}

export async function removeTelegramLinks(tx: TransactionSql, owner_id: string) {
  await tx`delete from telegram_links where owner_id = ${owner_id}`;
  await tx`delete from telegram_accounts where owner_id = ${owner_id}`;
}
