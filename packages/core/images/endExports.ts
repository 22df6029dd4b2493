import type { TransactionSql } from "postgres";
import * as erasures from "../erasures/erasures.ts";
import * as rows from "./endExports.sql.ts";
import * as objectKeys from "./objectKeys.ts";

/**
 * Ends those of the exports that are running or ready, and lists their zips for erasing: what a consumer still writes
 * is removed too, because the last removal comes when it has ended. Resolves to those that it ended.
 */
export async function endExports(tx: TransactionSql, which: rows.Which, end: rows.End) {
  const ended = await rows.lock(tx, which);
  await rows.end(tx, ended, end);
  const owners = Map.groupBy(ended, ({ owner_id }) => owner_id);
  for (const [owner_id, own] of owners) await erasures.start(tx, owner_id, own.flatMap(zipsOf));
  return ended;
}

/**
 * Ends every running or ready export that holds one of these images, whose deletion erases the zips too. Call it after
 * the images are locked. Resolves to the zips.
 */
export async function endExportsOf(tx: TransactionSql, image_ids: string[]) {
  const ended = await rows.lock(tx, { image_ids });
  await rows.end(tx, ended, imageDeleted);
  return ended.flatMap(zipsOf);
}

/**
 * Ends every running or ready export of everything of an owner, which holds the owner's worlds. Call it after a world or
 * a piece is deleted. Resolves to the zips.
 */
export async function endExportsOfEverything(
  tx: TransactionSql,
  owner_id: string,
): Promise<erasures.ObjectToErase[]> {
  const ended = await rows.lock(tx, { everythingOf: owner_id });
  await rows.end(tx, ended, worldDeleted);
  return ended.flatMap(zipsOf);
}

/**
 * Ends every running or ready export of an owner that may hold pictures of another one, whose account was unlinked from
 * it: those of everything, and those of datasets that hold one. Call it after that.
 */
export async function endExportsWithPicturesOf(
  tx: TransactionSql,
  owner_id: string,
  unlinked: string,
) {
  await endExports(tx, { of: owner_id, picturesOf: unlinked }, accountUnlinked);
}

/** Deletes all exports of these owners, and ends those of others that hold one of the images. Resolves to the zips. */
export async function removeExportsOf(
  tx: TransactionSql,
  owners: string[],
  image_ids: string[],
): Promise<erasures.ObjectToErase[]> {
  const ended = await rows.lock(tx, { owners, image_ids });
  await rows.end(tx, ended, imageDeleted);
  await rows.remove(tx, owners);
  return ended.flatMap(zipsOf);
}

const imageDeleted: rows.End = {
  status: "failed",
  error_code: "image.deleted",
  error: "One of its images was deleted, so its files were removed: start a new export",
};

const worldDeleted: rows.End = {
  status: "failed",
  error_code: "image.deleted",
  error:
    "A world was deleted, or a part of one, so the files that held it were removed: start a new export",
};

const accountUnlinked: rows.End = {
  status: "failed",
  error_code: "image.deleted",
  error:
    "A Telegram account was unlinked, so the files that may hold its pictures were removed: start a new export",
};

const zipsOf = ({ export_id, files }: rows.EndedExport): erasures.ObjectToErase[] =>
  Array.from({ length: files }, (_, index) => ({
    bucket: "private",
    key: objectKeys.exportFile(export_id, index),
  }));
