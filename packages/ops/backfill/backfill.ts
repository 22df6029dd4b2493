import { limits } from "@keepsake/contract/limits";
import pLimit from "p-limit";
import type { Sql } from "postgres";
import * as rows from "./backfill.sql.ts";
import { keyIds } from "./keyIds.ts";
import { describeTable, type TableNames } from "./productTable.sql.ts";
import type { BackfillResult, Counts, ProgressListener, SkippedRow } from "./progress.ts";
import { type PortraitServices, publishPortrait } from "./publishPortrait.ts";
import { writeBatch } from "./writeBatch.ts";

export type BackfillServices = PortraitServices & {
  /** The product's database. */
  sql: Sql;
  /** What expiring Discord URLs begin with; `discord` itself decides which hosts it fetches from. */
  discordOrigins: string[];
  publicUrl: string;
  /** Keys are derived with this where ids could be guessed. */
  secret: string;
};

export type BackfillOptions = TableNames & {
  /** Rows in one batch: one SELECT, one UPDATE. */
  batch: number;
  /** Stops after this many portraits were published. */
  limit: number;
  dryRun: boolean;
};

/**
 * Moves the portraits of a table into the bucket, batch by batch in the order of ids, and replaces what
 * was read with their URLs. Rows that are done are not read again, so it may be stopped at any point and
 * started again. Throws when the bucket accepts nothing of a batch.
 */
export async function backfill(
  services: BackfillServices,
  { batch, limit, dryRun, ...names }: BackfillOptions,
  listener: ProgressListener,
): Promise<BackfillResult> {
  const { sql, publicUrl, discordOrigins, secret } = services;
  const table = await describeTable(sql, names);
  const prefixes = { discordOrigins, publicUrl };
  const before = await rows.summarizeTable(sql, table, prefixes);
  listener.start(before);

  const toKeyIds = keyIds(secret, table.namespace);
  const counts: Counts = { ...noCounts, total: Math.min(before.candidates, limit) };
  const skip = (skipped: SkippedRow) => {
    counts[skipped.outcome] += 1;
    listener.skip(skipped);
  };
  const concurrency = pLimit(8); // each may hold a decoded picture
  let after: string | undefined;
  while (counts.published < limit) {
    const size = Math.min(batch, limit - counts.published);
    const found = await rows.readBatch(sql, table, { prefixes, after, size, maxBase64Chars });
    if (found.length === 0) break;
    after = found.at(-1)!.id;

    const outcomes = await concurrency.map(found, (row) =>
      publishPortrait(services, row, dryRun ? undefined : toKeyIds(row)),
    );
    const stored = outcomes.filter((outcome) => "bytes" in outcome);
    const failed = outcomes.filter((outcome) => "reason" in outcome);
    const published = dryRun ? stored : await writeBatch(services, table, stored, skip);
    for (const { bytes } of published) counts.published_bytes += bytes;
    for (const { row, outcome, reason } of failed) skip({ id: row.id, outcome, reason });
    counts.published += published.length;
    counts.done += found.length;
    listener.progress(counts);

    const cause = failed.find((outcome) => outcome.cause)?.cause;
    if (cause && stored.length === 0)
      throw new Error(
        `The bucket accepts nothing: ${cause.message}. Fix that and start again: finished rows are not repeated`,
        { cause },
      );
  }
  return { before, after: await rows.summarizeTable(sql, table, prefixes), counts };
}

const noCounts = {
  ...{ done: 0, published: 0, published_bytes: 0 },
  ...{ not_recoverable: 0, postponed: 0, changed: 0 },
};

/** The length of the longest base64 that can be a portrait, with a `data:` label before it. */
const maxBase64Chars = Math.ceil(limits.portrait_bytes / 3) * 4 + 64;
