import type { TransactionSql } from "postgres";
import type { DeletedImage } from "../images/images.sql.ts";

/** An owner with the Telegram users linked to it. Accounts cannot be linked or unlinked meanwhile. */
export async function lockOwners(tx: TransactionSql, owner_id: string): Promise<string[]> {
  const accounts = await tx<{ owner: string }[]>`
    select 'telegram:' || telegram_user_id as owner from telegram_accounts
    where owner_id = ${owner_id}
    for update
  `;
  return [owner_id, ...accounts.map(({ owner }) => owner)];
}

/** Deletes every world of these owners, and resolves to the portraits that were in them. */
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

/** Deletes every image of these owners, in whatever state, and resolves to what they were. */
export function removeImages(tx: TransactionSql, owners: string[]) {
  return tx<DeletedImage[]>`
    delete from images where owner_id in ${tx(owners)}
    returning image_id, platform, status, key, url_expires_at, expires_at
  `;
}

/** Forgets the owner's idempotency keys and links. Receipts of erasures stay. */
export async function forget(tx: TransactionSql, owner_id: string) {
  await tx`delete from requests where owner_id = ${owner_id}`;
  await tx`delete from telegram_links where owner_id = ${owner_id}`;
  await tx`delete from telegram_accounts where owner_id = ${owner_id}`;
}
