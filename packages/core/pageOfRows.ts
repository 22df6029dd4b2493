import { createHash } from "node:crypto";
import { AppError } from "@keepsake/contract/errors";
import { responseBytes } from "./responseBytes.ts";

/** A list as its reader sees it. A cursor of one list is refused in another. */
export type List = { name: string; owner_id: string; filters?: readonly unknown[] };

/**
 * A page of rows that were read with one more than `limit`, and the cursor of the next page, if any. It has fewer rows
 * than `limit` where more would not fit a response.
 */
export function pageOf<Row>(rows: Row[], limit: number, list: List, idOf: (row: Row) => string) {
  const length = Math.min(limit, countThatFit(rows));
  return {
    page: rows.slice(0, length),
    next_cursor: rows.length > length ? cursorAfter(idOf(rows[length - 1]!), list) : null,
  };
}

/** Lambda refuses responses over 6 MB. What rows do not have, such as presigned URLs, needs less than the rest. */
const maxRowBytes = 5_000_000;

/** One or more: how many of the rows fit. */
function countThatFit(rows: unknown[]): number {
  let bytes = 0;
  for (const [index, row] of rows.entries()) {
    bytes += responseBytes(row);
    if (bytes > maxRowBytes) return Math.max(1, index);
  }
  return rows.length;
}

/**
 * The cursor of what follows an item: its id, and a checksum of the id with the list.
 * @public
 */
export function cursorAfter(id: string, list: List): string {
  const idBytes = Buffer.from(id.replaceAll("-", ""), "hex");
  return Buffer.concat([idBytes, checksum(id, list)]).toString("base64url");
}

/**
 * The id in a cursor: a UUID, and what follows it when it has more bytes. `input.invalid` when the cursor is damaged, or
 * of another list, owner or filter.
 */
export function idInCursor(cursor: string, list: List, idLength = uuidLength): string {
  const bytes = Buffer.from(cursor, "base64url");
  const id = bytes
    .toString("hex", 0, idLength)
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  if (bytes.length !== idLength + checksumLength || cursorAfter(id, list) !== cursor)
    throw new AppError(
      "input.invalid",
      "cursor: Send the next_cursor of the same list, with the same filters",
    );
  return id;
}

const uuidLength = 16;
const checksumLength = 8;

/** Not a secret: a cursor gives no access, and a wrong one only a wrong place in the caller's own list. */
const checksum = (id: string, { name, owner_id, filters = [] }: List) =>
  createHash("sha256")
    .update(JSON.stringify([name, owner_id, filters, id]))
    .digest()
    .subarray(0, checksumLength);
