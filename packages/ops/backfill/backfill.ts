import { appendFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { connect } from "@keepsake/adapters/cloud/postgres";
import { download } from "@keepsake/adapters/platforms/download";
import { AppError } from "@keepsake/contract/errors";
import { limits } from "@keepsake/contract/limits";
import { discordOrigins } from "@keepsake/contract/platformHosts";
import { objectKeys } from "@keepsake/core/images/objectKeys";
import { fitPortrait } from "@keepsake/core/imaging/fitPortrait";
import { sanitizeImage } from "@keepsake/core/imaging/sanitizeImage";
import { imageLimits, portraitLimits, validateHeader } from "@keepsake/core/imaging/validateHeader";
import { decodePortrait } from "@keepsake/core/portraits/decodePortrait";
import type { FileSource, PublicBucket, StoredObject } from "@keepsake/core/ports";
import { PermanentError, RetryableError } from "@keepsake/core/serviceErrors";
import { platforms } from "@keepsake/functions/services/platforms";
import { images } from "@keepsake/functions/services/storage";
import type { Sql } from "postgres";
import { links } from "../links.ts";
import * as rows from "./backfill.sql.ts";
import { type KeyIds, keyIds } from "./keyIds.ts";
import { screen } from "./terminal.ts";

/** `npm run backfill`: publishes what a product's own table holds, and leaves permanent URLs there. */
export async function main(args: string[]) {
  const { databaseUrl, report, ...options } = flags(args);
  const { secretAccessKey, publicUrl } = links.images();
  const sql = connect({ url: databaseUrl, pool: 2 });
  const shown = screen(process.stdout);
  if (report) writeFileSync(report, "");
  try {
    const result = await backfill(
      {
        sql,
        images: images(),
        discord: platforms().discord,
        telegramOrigins: ["https://api.telegram.org", new URL(links.telegram().api).origin],
        discordOrigins,
        publicUrl,
        secret: secretAccessKey,
      },
      options,
      {
        ...shown,
        leave(left) {
          if (report) appendFileSync(report, `${JSON.stringify(left)}\n`);
          else shown.leave(left);
        },
      },
    );
    shown.end(result, options.dryRun);
  } finally {
    shown.stop();
    await sql.end({ timeout: 2 });
  }
}

export type BackfillServices = {
  /** The product's database. */
  sql: Sql;
  images: PublicBucket;
  discord: FileSource;
  /** The only places that Telegram's files are fetched from. */
  telegramOrigins: string[];
  /** What Discord's URLs begin with; `discord` knows by itself where it may fetch from. */
  discordOrigins: string[];
  publicUrl: string;
  /** What keys are derived from when ids could be guessed. */
  secret: string;
};

export type BackfillOptions = rows.Names & {
  /** Rows in one batch: one SELECT, one UPDATE. */
  batch: number;
  /** Stops after this many portraits were published. */
  limit: number;
  dryRun: boolean;
};

/** A row that is as it was before, and why. No reason holds a URL. */
export type Left = {
  id: string;
  outcome: "not_recoverable" | "postponed" | "changed";
  reason: string;
};

/** Who hears of it while it goes on. */
export type Listener = {
  start(before: rows.Survey): void;
  progress(counts: Counts): void;
  leave(left: Left): void;
};

export type Counts = {
  /** Rows that were looked at, of `of`. */
  done: number;
  of: number;
  published: number;
  published_bytes: number;
  not_recoverable: number;
  postponed: number;
  changed: number;
};

/**
 * Moves the portraits of a table into the bucket, batch by batch in the order of ids, and writes their
 * URLs in the place of what was read. What is done is no longer found, so it may be stopped at any
 * point and started again. Throws when the storage itself refuses.
 */
export async function backfill(
  services: BackfillServices,
  { batch, limit, dryRun, ...names }: BackfillOptions,
  listener: Listener,
) {
  const { sql, publicUrl, secret } = services;
  const legacy = await rows.describeTable(sql, names);
  const places = { discordOrigins: services.discordOrigins, publicUrl };
  const before = await rows.survey(sql, legacy, places);
  listener.start(before);

  const toKeyIds = keyIds(secret, legacy.space);
  const counts: Counts = { ...nothingYet, of: Math.min(before.candidates, limit) };
  const leave = (left: Left) => {
    counts[left.outcome] += 1;
    listener.leave(left);
  };
  let after: string | undefined;
  while (counts.published < limit) {
    const size = Math.min(batch, limit - counts.published);
    const found = await rows.nextBatch(sql, legacy, { places, after, size, base64Chars });
    if (found.length === 0) break;
    after = found.at(-1)!.id;

    const outcomes = await sideBySide(found, (row) =>
      store(services, row, dryRun ? undefined : toKeyIds(row)),
    );
    const stored = outcomes.filter((outcome) => "bytes" in outcome);
    const failed = outcomes.filter((outcome) => "reason" in outcome);
    const published = dryRun ? stored : await settle(services, legacy, stored, leave);
    for (const { bytes } of published) counts.published_bytes += bytes;
    for (const { row, outcome, reason } of failed) leave({ id: row.id, outcome, reason });
    counts.published += published.length;
    counts.done += found.length;
    listener.progress(counts);

    const cause = failed.find((outcome) => outcome.cause)?.cause;
    if (cause && stored.length === 0)
      throw new Error(
        `The bucket takes nothing: ${cause.message}. Mend that and start again; what is done stays`,
        { cause },
      );
  }
  return { before, after: await rows.survey(sql, legacy, places), counts };
}

const nothingYet = {
  ...{ done: 0, published: 0, published_bytes: 0 },
  ...{ not_recoverable: 0, postponed: 0, changed: 0 },
};

type Stored = { row: rows.LegacyRow; bytes: number; key: string };
type Failed = {
  row: rows.LegacyRow;
  outcome: "not_recoverable" | "postponed";
  reason: string;
  /** What is not this row's own fault. */
  cause?: Error;
};

/** Publishes one portrait; without ids to make its key of, only tells how large it would be. */
async function store(
  services: BackfillServices,
  row: rows.LegacyRow,
  ids: KeyIds | undefined,
): Promise<Stored | Failed> {
  try {
    const portrait = await portraitOf(services, row);
    const key = ids ? await put(services.images, ids, portrait) : "";
    return { row, bytes: portrait.bytes.length, key };
  } catch (error) {
    return { row, ...whyNot(error) };
  }
}

/** The PNG to publish, of the base64 if there is one, as the product makes it. */
async function portraitOf(
  services: BackfillServices,
  { base64, base64_length, portrait, kind }: rows.LegacyRow,
): Promise<StoredObject> {
  if (kind === "unreadable")
    throw new AppError("image.damaged", "Its JSON holds an escape that Postgres cannot read");
  if (base64_length !== null && base64 === null)
    throw new AppError("image.too_large", `The base64 has ${base64_length} characters`);
  if (base64 !== null) return sanitizeImage(decodePortrait(base64), portraitLimits, "png");
  const bytes = await fetched(services, kind, portrait ?? "");
  validateHeader(bytes, imageLimits);
  const image = await sanitizeImage(bytes, imageLimits, "png");
  const { bytes: most, sidePx } = portraitLimits;
  const isSmall = image.bytes.length <= most && Math.max(image.width, image.height) <= sidePx;
  return isSmall ? image : fitPortrait(Buffer.from(image.bytes), portraitLimits);
}

/** What a URL still answers with. It is used here and nowhere else: it may hold a token. */
async function fetched(
  { discord, telegramOrigins }: BackfillServices,
  kind: rows.LegacyRow["kind"],
  url: string,
): Promise<Buffer> {
  if (kind === "discord") return discord.download({ url }, limits.image_bytes);

  const what = "Telegram's file";
  const parsed = URL.parse(url);
  if (!parsed || !telegramOrigins.includes(parsed.origin))
    throw new PermanentError("refused", `${what} is not on a server of Telegram's`);
  const options = { maxBytes: limits.image_bytes, deadlineMs: 20_000, what };
  try {
    return await download(parsed, { ...options, allowedOrigin: parsed.origin });
  } catch (error) {
    // to our own calls that is a setting to mend; this URL has its token inside it
    if (error instanceof RetryableError && error.message.endsWith(" 401"))
      throw new PermanentError("gone", `${what} is not there: its token was revoked`);
    throw error;
  }
}

/** A key is taken by other bytes when a row changed while an earlier run was at it: the next is free. */
async function put(images: PublicBucket, ids: KeyIds, portrait: StoredObject): Promise<string> {
  for (let version = 1; ; version += 1) {
    const key = objectKeys.portrait({ ...ids, version });
    try {
      await images.put(key, portrait);
      return key;
    } catch (error) {
      const { cause } = error as Error;
      const isTaken = cause instanceof Error && cause.name === "PreconditionFailed";
      if (!isTaken || version === mostVersions) throw error;
    }
  }
}

/**
 * The batch's one UPDATE. Resolves to what has its URL now, and says what became of the rows that were
 * no longer as they had been read.
 */
async function settle(
  { sql, images }: BackfillServices,
  legacy: rows.Legacy,
  stored: Stored[],
  leave: (left: Left) => void,
): Promise<Stored[]> {
  if (stored.length === 0) return [];
  const { settled, refused } = await write({ sql, images }, legacy, stored);
  for (const { id, reason } of refused) leave({ id, outcome: "not_recoverable", reason });
  const decided = new Set([...settled, ...refused.map(({ id }) => id)]);
  const late = stored.filter(({ row: { id } }) => !decided.has(id));
  const published = stored.filter(({ row: { id } }) => settled.includes(id));
  if (late.length === 0) return published;

  const now = await rows.findPortraits(
    sql,
    legacy,
    late.map(({ row: { id } }) => id),
  );
  for (const one of late) {
    const { id } = one.row;
    const portrait = now.get(id);
    if (portrait === images.url(one.key)) {
      published.push(one); // another backfill was faster, with the same bytes
    } else if (portrait !== undefined) {
      // the object stays: another backfill may be about to write its URL
      leave({ id, outcome: "changed", reason: "The row changed meanwhile: start again" });
    } else {
      await images.remove(one.key);
      leave({ id, outcome: "changed", reason: "The row was deleted meanwhile" });
    }
  }
  return published;
}

/** One row that Postgres refuses must not keep the others of its batch from their URLs. */
async function write(
  { sql, images }: Pick<BackfillServices, "sql" | "images">,
  legacy: rows.Legacy,
  stored: Stored[],
): Promise<Written> {
  const published = stored.map(({ row: { id, base64_md5, portrait_md5 }, key }) => ({
    ...{ id, base64_md5, portrait_md5 },
    url: images.url(key),
  }));
  try {
    return { settled: await rows.settle(sql, legacy, published), refused: [] };
  } catch (error) {
    // classes 22 and 23 are about what a row holds, such as a constraint of the product's own
    const { code = "", message } = error as { code?: string; message: string };
    if (!/^2[23]/.test(code)) throw error;
    if (stored.length === 1) {
      const reason = `Postgres refuses to write the row: ${message}`;
      return { settled: [], refused: [{ id: stored[0]!.row.id, reason }] };
    }
  }
  const each: Written[] = [];
  for (const one of stored) each.push(await write({ sql, images }, legacy, [one]));
  return {
    settled: each.flatMap(({ settled }) => settled),
    refused: each.flatMap(({ refused }) => refused),
  };
}

type Written = { settled: string[]; refused: { id: string; reason: string }[] };

/** What can never be recovered is told from what may be so later. */
function whyNot(error: unknown): Omit<Failed, "row"> {
  if (error instanceof AppError || error instanceof PermanentError)
    return { outcome: "not_recoverable", reason: error.message };
  if (error instanceof RetryableError) return { outcome: "postponed", reason: error.message };
  const cause = error instanceof Error ? error : new Error("unknown error");
  return { outcome: "postponed", reason: `The bucket did not take it: ${cause.message}`, cause };
}

/** In the order of `items`, but at most eight at once: each may hold a decoded picture. */
async function sideBySide<T, R>(items: T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = items.entries();
  const worker = async () => {
    for (const [index, item] of left) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return results;
}

/** The longest base64 that can be a portrait, with a label before it. */
const base64Chars = Math.ceil(limits.portrait_bytes / 3) * 4 + 64;
const mostVersions = 9;

function flags(args: string[]) {
  const text = (standard: string) => ({ type: "string" as const, default: standard });
  const { values } = parseArgs({
    args,
    options: {
      "database-url": { type: "string" },
      table: text("lore_pieces"),
      id: text("id"),
      "world-id": text("world_id"),
      details: text("details"),
      batch: text("20"),
      limit: { type: "string" },
      "dry-run": { type: "boolean", default: false },
      report: { type: "string" },
    },
  });
  const { "database-url": databaseUrl = "", limit, report } = values;
  if (!/^postgres(ql)?:$/.test(URL.parse(databaseUrl)?.protocol ?? ""))
    throw new Error("Which database? Name it: -- --database-url postgres://…");
  return {
    databaseUrl,
    report,
    table: values.table,
    id: values.id,
    worldId: values["world-id"],
    details: values.details,
    batch: count("batch", values.batch, 100),
    limit: limit === undefined ? Number.POSITIVE_INFINITY : count("limit", limit),
    dryRun: values["dry-run"],
  };
}

function count(flag: string, value: string, most = Number.MAX_SAFE_INTEGER) {
  if (!/^[1-9]\d*$/.test(value) || Number(value) > most)
    throw new Error(
      `--${flag} takes a whole number from 1${most < 1e6 ? ` to ${most}` : ""}, not ${value}`,
    );
  return Number(value);
}
