import { limits } from "@keepsake/contract/limits";
import type { Decoder, PublicBucket } from "@keepsake/core/ports";
import pLimit from "p-limit";
import type { Sql } from "postgres";
import * as rows from "./backfill.sql.ts";
import type { Target } from "./backfillTarget.ts";
import {
  describeTable,
  type FieldName,
  type ProductTable,
  type TableNames,
} from "./describeProductTable.sql.ts";
import { type ImageOptions, imageTarget } from "./imageTarget.ts";
import { objectKeyIds } from "./objectKeyIds.ts";
import { portraitTarget } from "./portraitTarget.ts";
import type { BackfillResult, Counts, ProgressListener, SkippedRow } from "./progressListener.ts";
import type { PictureSources } from "./readPicture.ts";
import { shrinkable } from "./shrinkImage.ts";
import {
  type FailedPicture,
  type MovedPicture,
  type MovingServices,
  movePicture,
} from "./storeRowPicture.ts";
import type { KnownUrls } from "./valueKinds.sql.ts";
import { writeBatch } from "./writeBatch.ts";

export type BackfillServices = {
  /** The product's database. */
  sql: Sql;
  /** Keepsake's database: pictures with an owner get rows there. */
  keepsake: Sql;
  images: PublicBucket;
  decoder: Decoder;
  sources: PictureSources;
  urls: KnownUrls;
  /** Keys of portraits are derived with this where ids could be guessed. */
  secret: string;
};

export type BackfillOptions = TableNames & {
  /** The owner of rows without one. Pictures get rows when there is one, or a column of owners. */
  owner: string | undefined;
  /** Whether pictures over the limits are made smaller. */
  shrink: boolean;
  /** Whether the stage's receiver gets an event of every image. */
  events: boolean;
  /** Whether a picture's URL replaces what is already in the place for it; always so of the default portraits. */
  overwrite: boolean;
  /** Rows in one batch: one SELECT, one UPDATE. */
  batch: number;
  /** Stops after this many pictures were published. */
  limit: number;
  dryRun: boolean;
};

/**
 * Moves the pictures of a table into the bucket, batch by batch in the order of keys, and replaces what
 * was read with their URLs. Rows that are done are not read again, so it may be stopped at any point and
 * started again. Throws when nothing of a batch can be stored.
 */
export async function backfill(
  services: BackfillServices,
  options: BackfillOptions,
  listener: ProgressListener,
): Promise<BackfillResult> {
  const { sql, urls } = services;
  const { batch, limit, dryRun } = options;
  const table = await describeTable(sql, options);
  const before = await rows.summarizeTable(sql, table, urls);
  listener.start(before);

  const target = targetOf(services, table, options);
  const counts: Counts = { ...noCounts, total: Math.min(before.candidates, limit) };
  const skip = (skipped: SkippedRow) => {
    counts[skipped.outcome] += 1;
    listener.skip(skipped);
  };
  const maxFetchedBytes = options.shrink ? shrinkable.bytes : limits.image_bytes;
  const moving = { sources: services.sources, target, maxFetchedBytes };
  const maxChars = base64Chars(maxBytes(options));
  let after: string[] | undefined;
  while (counts.published < limit) {
    const size = Math.min(batch, limit - counts.published);
    const read = { urls, after, size, maxChars, maxBatchChars };
    const found = await rows.readBatch(sql, table, read);
    if (found.length === 0) break;
    after = found.at(-1)!.key;

    const outcomes = await moveAll(moving, found, options);
    const stored = outcomes.filter((outcome) => "url" in outcome);
    const failed = outcomes.filter((outcome) => "reason" in outcome);
    const published = dryRun ? stored : await writeBatch(sql, table, stored, skip);
    for (const { row, bytes, notes } of published) {
      counts.published_bytes += bytes;
      if (notes.length > 0) listener.note({ id: row.id, outcome: "published", notes });
    }
    for (const { row, outcome, reason } of failed) skip({ id: row.id, outcome, reason });
    counts.published += published.length;
    counts.done += found.length;
    listener.progress(counts);

    const cause = failed.find((outcome) => outcome.cause)?.cause;
    if (cause && stored.length === 0)
      throw new Error(
        `Nothing can be stored: ${cause.message}. Fix that and start again: finished rows are not repeated`,
        { cause },
      );
  }
  return { before, after: await rows.summarizeTable(sql, table, urls), counts };
}

/** Those that an earlier run published before it was killed are not read again. */
async function moveAll(
  services: MovingServices,
  found: rows.ProductRow[],
  { dryRun: isDryRun, overwrite }: BackfillOptions,
): Promise<(MovedPicture | FailedPicture)[]> {
  const published = await services.target.findPublished(found);
  return concurrency.map(found, async (row) => {
    if (row.has_url && !overwrite) return { row, outcome: "has_url", reason: hasUrl };
    const known = published.get(row.id);
    return known ? { ...known, row, notes: [] } : movePicture(services, row, { isDryRun });
  });
}

const hasUrl =
  "There is something in the place for the URL already: start again with --overwrite to replace it";

const concurrency = pLimit(8); // each may hold a decoded picture

function targetOf(
  services: BackfillServices,
  { namespace, from, owner: ownerColumn }: ProductTable,
  { owner, shrink, events }: BackfillOptions,
): Target {
  if (ownerColumn === undefined && owner === undefined) {
    const toKeyIds = objectKeyIds(services.secret, namespace);
    return portraitTarget(services, { toKeyIds, shrink });
  }
  const options: ImageOptions = { owner, namespace, field: nameOf(from), shrink, events };
  return imageTarget(services, options);
}

const nameOf = ({ column, path }: FieldName) => [column, ...path].join(".");

function maxBytes({ shrink, owner, ownerColumn }: BackfillOptions) {
  if (shrink) return shrinkable.bytes;
  const hasRows = owner !== undefined || ownerColumn !== undefined;
  return hasRows ? limits.image_bytes : limits.portrait_bytes;
}

/** The length of the longest base64 of an image: in lines of 64, each ended by two bytes, after a label. */
const base64Chars = (bytes: number) => Math.ceil((Math.ceil(bytes / 3) * 4 * 66) / 64) + 100;

/** A batch of base64 is in memory at once. */
const maxBatchChars = 40_000_000;

const noCounts = {
  ...{ done: 0, published: 0, published_bytes: 0 },
  ...{ not_recoverable: 0, no_owner: 0, has_url: 0, postponed: 0, changed: 0 },
};
