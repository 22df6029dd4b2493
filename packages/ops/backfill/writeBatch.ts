import type { PublicBucket } from "@keepsake/core/ports";
import type { Sql } from "postgres";
import * as rows from "./backfill.sql.ts";
import type { ProductTable } from "./productTable.sql.ts";
import type { SkippedRow } from "./progress.ts";
import type { StoredPortrait } from "./publishPortrait.ts";

type WriteServices = { sql: Sql; images: PublicBucket };

/**
 * Writes the URLs of a batch in one UPDATE. Resolves to the portraits whose rows have their URL now, and
 * calls `skip` for rows that Postgres rejected and for rows that changed since they were read.
 */
export async function writeBatch(
  services: WriteServices,
  table: ProductTable,
  stored: StoredPortrait[],
  skip: (row: SkippedRow) => void,
): Promise<StoredPortrait[]> {
  if (stored.length === 0) return [];
  const { written, rejected } = await writeUrls(services, table, stored);
  for (const { id, reason } of rejected) skip({ id, outcome: "not_recoverable", reason });
  const decided = new Set([...written, ...rejected.map(({ id }) => id)]);
  const changed = stored.filter(({ row }) => !decided.has(row.id));
  return [
    ...stored.filter(({ row }) => written.includes(row.id)),
    ...(await resolveChanged(services, table, changed, skip)),
  ];
}

/** Of the portraits whose rows changed since they were read, those that have our URL all the same. */
async function resolveChanged(
  { sql, images }: WriteServices,
  table: ProductTable,
  changed: StoredPortrait[],
  skip: (row: SkippedRow) => void,
): Promise<StoredPortrait[]> {
  if (changed.length === 0) return [];
  const ids = changed.map(({ row }) => row.id);
  const current = await rows.readPortraitUrls(sql, table, ids);
  const published: StoredPortrait[] = [];
  for (const portrait of changed) {
    const { id } = portrait.row;
    const url = current.get(id);
    if (url === images.url(portrait.key)) {
      published.push(portrait); // another backfill wrote it first, with the same bytes
    } else if (url !== undefined) {
      // the object stays: another backfill may be about to write its URL
      skip({
        ...{ id, outcome: "changed" },
        reason: "The row was changed while the backfill ran: start it again",
      });
    } else {
      await images.remove(portrait.key);
      skip({ id, outcome: "changed", reason: "The row was deleted while the backfill ran" });
    }
  }
  return published;
}

type Written = { written: string[]; rejected: { id: string; reason: string }[] };

/** When Postgres rejects the batch because of a row's content, every row is written by itself. */
async function writeUrls(
  { sql, images }: WriteServices,
  table: ProductTable,
  stored: StoredPortrait[],
): Promise<Written> {
  const published = stored.map(({ row: { id, base64_md5, portrait_md5 }, key }) => ({
    ...{ id, base64_md5, portrait_md5 },
    url: images.url(key),
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
  for (const portrait of stored) each.push(await writeUrls({ sql, images }, table, [portrait]));
  return {
    written: each.flatMap(({ written }) => written),
    rejected: each.flatMap(({ rejected }) => rejected),
  };
}
