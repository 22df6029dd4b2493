import { AppError } from "@keepsake/contract/errors";
import { everything } from "@keepsake/contract/exportLayouts";
import { limits } from "@keepsake/contract/limits";
import type { TransactionSql } from "postgres";
import { countStarted } from "./exports.sql.ts";

/**
 * Throws `export.too_many` when an owner has started too many exports in 24 hours: those of everything count for
 * themselves, so that an owner who has used up the others can still leave with everything. Called after the
 * insert, which waits for another request of the owner: two at once would find the same room.
 */
export async function requireExportQuota(tx: TransactionSql, owner_id: string, layout: string) {
  const isEverything = layout === everything;
  const limit = isEverything ? limits.owner_exports_per_day : limits.exports_per_day;
  const { started, seconds } = await countStarted(tx, owner_id, isEverything);
  if (started <= limit) return;
  const what = isEverything ? "exports of everything" : "exports";
  throw new AppError(
    "export.too_many",
    `You may start ${limit} ${what} in 24 hours: wait, or download the ready ones`,
    { retryAfterSeconds: Math.max(1, Math.ceil(seconds)) },
  );
}
