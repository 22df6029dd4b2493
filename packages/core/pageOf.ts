import { createHash } from "node:crypto";
import { AppError } from "@keepsake/contract/errors";

/** A list as its reader sees it. A cursor of one list is refused in another. */
export type List = { name: string; owner_id: string; filters?: readonly unknown[] };

/** A page of rows that were read with one more than `limit`, and the cursor of the next page, if any. */
export function pageOf<Row>(rows: Row[], limit: number, list: List, idOf: (row: Row) => string) {
  const hasMore = rows.length > limit;
  return {
    page: rows.slice(0, limit),
    next_cursor: hasMore ? cursorAfter(idOf(rows[limit - 1]!), list) : null,
  };
}

/**
 * The cursor of what follows an item: its id, and a checksum of the id with the list.
 * @public
 */
export function cursorAfter(id: string, list: List): string {
  const idBytes = Buffer.from(id.replaceAll("-", ""), "hex");
  return Buffer.concat([idBytes, checksum(id, list)]).toString("base64url");
}

/** The id in a cursor; `input.invalid` when it is damaged, or of another list, owner or filter. */
export function idInCursor(cursor: string, list: List): string {
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

const idLength = 16;
const checksumLength = 8;

/** Not a secret: a cursor gives no access, and a wrong one only a wrong place in the caller's own list. */
const checksum = (id: string, { name, owner_id, filters = [] }: List) =>
  createHash("sha256")
    .update(JSON.stringify([name, owner_id, filters, id]))
    .digest()
    .subarray(0, checksumLength);
