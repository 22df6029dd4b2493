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
