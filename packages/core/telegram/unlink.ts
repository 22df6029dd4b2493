import type { TransactionSql } from "postgres";
import { endExportsWithPicturesOf } from "../images/endExports.ts";
import * as rows from "./telegram.sql.ts";

/**
 * Unlinks a Telegram account from its owner, or from this owner only. The owner's exports that may hold its pictures
 * end with their zips: from now on these are no longer the owner's. Resolves to false when it was not linked.
 */
export async function unlink(
  tx: TransactionSql,
  telegram_id: string,
  owner_id?: string,
): Promise<boolean> {
  const former = await rows.unlinkAccount(tx, telegram_id, owner_id);
  if (former === undefined) return false;
  await endExportsWithPicturesOf(tx, former, `telegram:${telegram_id}`);
  return true;
}
