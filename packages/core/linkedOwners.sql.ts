import type { Sql, TransactionSql } from "postgres";

/**
 * An owner and the Telegram users linked to it at this moment, as a subquery. Linking never rewrites rows:
 * whatever reads an owner's images reads those of all its linked owners.
 */
export const linkedOwners = (sql: Sql | TransactionSql, owner_id: string) => sql`
  (select ${owner_id} union all
   select ${telegramOwner(sql)} from telegram_accounts where owner_id = ${owner_id})
`;

/** The same as a list, always in the same order. Accounts cannot be linked or unlinked until the transaction ends. */
export async function lockLinkedOwners(tx: TransactionSql, owner_id: string): Promise<string[]> {
  const accounts = await tx<{ owner: string }[]>`
    select ${telegramOwner(tx)} as owner from telegram_accounts
    where owner_id = ${owner_id}
    order by telegram_user_id
    for update
  `;
  return [owner_id, ...accounts.map(({ owner }) => owner)];
}

const telegramOwner = (sql: Sql | TransactionSql) => sql`'telegram:' || telegram_user_id`;
