import type { Sql } from "postgres";
import * as rows from "./backfill.sql.ts";
import type { ProductTable } from "./describeProductTable.sql.ts";
import type { SkippedRow } from "./progressListener.ts";
import type { MovedPicture } from "./storeRowPicture.ts";

/**
 * Writes the URLs of a batch in one UPDATE. Resolves to the pictures whose rows have their URL now, and
 * calls `skip` for rows that Postgres rejected and for rows that changed since they were read.
 */
export async function writeBatch(
  sql: Sql,
  table: ProductTable,
  stored: MovedPicture[],
  skip: (row: SkippedRow) => void,
): Promise<MovedPicture[]> {
  if (stored.length === 0) return [];
  const { written, rejected } = await writeUrls(sql, table, stored);
  for (const { id, reason } of rejected) skip({ id, outcome: "not_recoverable", reason });
  const decided = new Set([...written, ...rejected.map(({ id }) => id)]);
  const changed = stored.filter(({ row }) => !decided.has(row.id));
  return [
    ...stored.filter(({ row }) => written.includes(row.id)),
    ...(await resolveChanged(sql, table, changed, skip)),
  ];
}

/** Of the pictures whose rows changed since they were read, those that have our URL all the same. */
async function resolveChanged(
  sql: Sql,
  table: ProductTable,
  changed: MovedPicture[],
  skip: (row: SkippedRow) => void,
): Promise<MovedPicture[]> {
  if (changed.length === 0) return [];
  const keys = changed.map(({ row }) => row.key);
  const current = await rows.readUrls(sql, table, keys);
  const published: MovedPicture[] = [];
  for (const picture of changed) {
    const { id } = picture.row;
    const url = current.get(id);
    if (url === picture.url) {
      published.push(picture); // another backfill wrote it first, with the same bytes
    } else if (url !== undefined) {
      // the object stays: another backfill may be about to write its URL
      skip({
        ...{ id, outcome: "changed" },
        reason: "The row was changed while the backfill ran: start it again",
      });
    } else {
      await picture.remove();
      skip({ id, outcome: "changed", reason: "The row was deleted while the backfill ran" });
    }
  }
  return published;
}

type Written = { written: string[]; rejected: { id: string; reason: string }[] };

/** When Postgres rejects the batch because of a row's content, every row is written by itself. */
async function writeUrls(sql: Sql, table: ProductTable, stored: MovedPicture[]): Promise<Written> {
  const published = stored.map(({ row: { key, source_md5, target_md5 }, url }) => ({
    ...{ key, source_md5, target_md5, url },
  }));
  try {
    return { written: await rows.writeUrls(sql, table, published), rejected: [] };
  } catch (error) {
    // SQLSTATE classes 22 and 23 are about what a row holds, such as a constraint of the product's own
    const { code = "", message } = error as { code?: string; message: string };
    if (!/^2[23]/.test(code)) throw error;
    if (stored.length === 1) {
      const reason = `Postgres rejects the changed row: ${message}`;
      return { written: [], rejected: [{ id: stored[0]!.row.id, reason }] };
    }
  }
  const each: Written[] = [];
  for (const picture of stored) each.push(await writeUrls(sql, table, [picture]));
  return {
    written: each.flatMap(({ written }) => written),
    rejected: each.flatMap(({ rejected }) => rejected),
  };
}
