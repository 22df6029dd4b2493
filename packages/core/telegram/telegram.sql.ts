import { limits } from "@keepsake/contract/limits";
import type { Sql, TransactionSql } from "postgres";

export type NewLink = { token_sha256: string; owner_id: string; name: string; expires_at: Date };

/**
 * Inserts a link and resolves to null. While the owner has `maxLinks` live ones, inserts nothing and
 * resolves to the seconds until there is room.
 */
export async function reserveLink(sql: Sql, link: NewLink, maxLinks: number) {
  const { expires_at, ...rest } = link;
  const json = sql.json({ ...rest, expires_at: expires_at.toISOString() });
  const [{ seconds }] = await sql<[{ seconds: number | null }]>`
    select reserve_telegram_link(${json}, ${maxLinks}) as seconds
  `;
  return seconds;
}

/** Reserves a link for the first user who opens it. Undefined when it is used, expired or reserved. */
export async function openLink(sql: Sql, token_sha256: string, user_id: number) {
  const [link] = await sql<{ name: string }[]>`
    update telegram_links set telegram_user_id = ${user_id}
    where token_sha256 = ${token_sha256} and expires_at > now()
      and (telegram_user_id is null or telegram_user_id = ${user_id})
    returning name
  `;
  return link?.name;
}

/** Deletes a link that this user opened. Undefined when it is used, expired or another user's. */
export async function useLink(tx: TransactionSql, token_sha256: string, user_id: number) {
  const [link] = await tx<{ owner_id: string; name: string }[]>`
    delete from telegram_links
    where token_sha256 = ${token_sha256} and expires_at > now() and telegram_user_id = ${user_id}
    returning owner_id, name
  `;
  return link;
}

type NewAccount = { telegram_user_id: number; owner_id: string; name: string | null };

/** Links a Telegram user to an owner. Resolves to false when it is linked to another owner. */
export async function linkAccount(tx: TransactionSql, account: NewAccount) {
  const { count } = await tx`
    insert into telegram_accounts ${tx(account)}
    on conflict (telegram_user_id) do update set name = excluded.name
    where telegram_accounts.owner_id = excluded.owner_id
  `;
  return count === 1;
}

/** Unlinks a Telegram user from its owner, or from this one only. Resolves to the owner that it was linked to. */
export async function unlinkAccount(
  tx: TransactionSql,
  telegram_id: string,
  owner_id?: string,
): Promise<string | undefined> {
  const [account] = await tx<{ owner_id: string }[]>`
    delete from telegram_accounts
    where telegram_user_id = ${telegram_id}::bigint ${owner_id ? tx`and owner_id = ${owner_id}` : tx``}
    returning owner_id
  `;
  return account?.owner_id;
}

/** The accounts of an owner, the last one first. */
export function findAccounts(sql: Sql, owner_id: string) {
  return sql<{ telegram_id: string; name: string | null; linked_at: string }[]>`
    select telegram_user_id::text as telegram_id, name, linked_at from telegram_accounts
    where owner_id = ${owner_id}
    order by linked_at desc, telegram_user_id
  `;
}

export function deleteExpiredLinks(sql: Sql) {
  return sql`delete from telegram_links where expires_at < now()`;
}

type Texts = { caption?: string | null | undefined; album_tag?: string | null | undefined };

/**
 * Adds what a sender says about a picture that was sent before: the caption if it has none, and the tag of the
 * album if there is room.
 */
export async function describeImage(
  sql: Sql,
  { owner_id, platform_ref }: { owner_id: string; platform_ref: string },
  { caption = null, album_tag = null }: Texts,
) {
  if (caption === null && album_tag === null) return;
  const isTagMissing = sql`
    (${album_tag}::text is not null and not ${album_tag}::text = any (tags)
     and cardinality(tags) < ${limits.tags_per_image})
  `;
  await sql`
    update images
    set caption = coalesce(caption, ${caption}),
        tags = case when ${isTagMissing} then tags || ${album_tag}::text else tags end
    where owner_id = ${owner_id} and platform = 'telegram' and platform_ref = ${platform_ref}
      and ((caption is null and ${caption}::text is not null) or ${isTagMissing})
  `;
}
