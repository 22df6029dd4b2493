import { AppError } from "@keepsake/contract/errors";
import type { Services } from "../ports.ts";
import * as rows from "./storedBytes.sql.ts";

/**
 * Throws `owner.full` when an owner has stored all that it may: published images and portraits with their
 * smaller copies. What is in flight is counted once it is published, so an owner may get beyond the limit by
 * that. A linked Telegram account is an owner of its own.
 */
export async function requireRoom(
  sql: rows.AnySql,
  { ownerBytes }: Pick<Services, "ownerBytes">,
  owner_id: string,
): Promise<void> {
  if (await isFull(sql, { ownerBytes }, owner_id)) throw ownerFull(ownerBytes);
}

export async function isFull(
  sql: rows.AnySql,
  { ownerBytes }: Pick<Services, "ownerBytes">,
  owner_id: string,
): Promise<boolean> {
  return ownerBytes > 0 && (await rows.storedBytes(sql, owner_id)) >= ownerBytes;
}

export const ownerFull = (ownerBytes: number) =>
  new AppError(
    "owner.full",
    `Your images and portraits take up all of the ${ownerBytes} bytes that you may store: delete some first`,
    { details: { owner_bytes: ownerBytes } },
  );
