import type { Input, Output } from "@keepsake/contract/api";
import type { Services } from "../ports.ts";
import * as rows from "./telegram.sql.ts";
import { unlink } from "./unlink.ts";

type Owned = { owner_id: string };

/** The Telegram accounts that are linked to an owner. */
export async function listAccounts(
  { sql }: Pick<Services, "sql">,
  { owner_id }: Owned,
): Promise<Output<"listTelegramAccounts">> {
  return { accounts: await rows.findAccounts(sql, owner_id) };
}

/**
 * Unlinks a Telegram account, as `/unlink` does. Changes nothing of one that is not linked to the owner. The owner's
 * exports that may hold its pictures end.
 */
export async function unlinkAccount(
  { sql }: Pick<Services, "sql">,
  { owner_id, telegram_id }: Input<"unlinkTelegram"> & Owned,
): Promise<Output<"unlinkTelegram">> {
  await sql.begin((tx) => unlink(tx, telegram_id, owner_id));
}
