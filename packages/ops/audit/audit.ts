import { HeadObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import * as erasures from "@keepsake/core/erasures/erasures";
import * as objectKeys from "@keepsake/core/images/objectKeys";
import type { BucketName } from "@keepsake/core/ports";
import { sql } from "@keepsake/functions/services/database";
import { links } from "../links.ts";
import * as rows from "./audit.sql.ts";
import { abortUploads, findUnfinishedUploads, type UnfinishedUpload } from "./unfinishedUploads.ts";

type Orphan = {
  bucket: BucketName;
  key: string;
  /**
   * True for a portrait of a world that this database never had, such as one of a backfilled product.
   * It is not removed.
   */
  unknownWorld: boolean;
};

export type AuditResult = {
  /** Objects without a row. */
  orphans: Orphan[];
  /** Rows whose object does not exist. */
  missing: rows.PublishedRow[];
  /** Objects that were begun in parts more than an hour ago, and neither completed nor aborted. */
  unfinished: UnfinishedUpload[];
};

/**
 * Compares every object with the rows, and every URL with the objects, in pages of 1,000, and finds unfinished
 * multipart uploads.
 */
export async function audit({ now = Date.now() } = {}): Promise<AuditResult> {
  const [inImages, inPrivate, inIncoming, portraits, images, unfinished] = await Promise.all([
    findOrphans("images"),
    findOrphans("private"),
    findOrphans("incoming"),
    findMissing("portrait"),
    findMissing("image"),
    findUnfinishedUploads(now),
  ]);
  return {
    orphans: [...inImages, ...inPrivate, ...inIncoming],
    missing: [...portraits, ...images],
    unfinished,
  };
}

/**
 * Queues orphans for erasing, which the sweep does, removes URLs whose object does not exist, and aborts
 * unfinished uploads. Portraits of worlds that this database never had stay.
 */
export async function fix({ orphans, missing, unfinished }: AuditResult): Promise<void> {
  const ours = orphans.filter(({ unknownWorld }) => !unknownWorld);
  if (ours.length > 0) await sql().begin((tx) => erasures.start(tx, "operator", ours));
  for (const row of missing)
    await (row.width === undefined ? rows.removeUrl(sql(), row) : rows.removeCopy(sql(), row));
  await abortUploads(unfinished);
}

const pageSize = 1_000;

async function findOrphans(bucket: BucketName): Promise<Orphan[]> {
  const link = links[bucket]();
  const s3 = s3Client(link);
  const orphans: Orphan[] = [];
  for (let after: string | undefined; ; ) {
    const { Contents = [], NextContinuationToken } = await s3.send(
      new ListObjectsV2Command({
        Bucket: link.bucket,
        MaxKeys: pageSize,
        ContinuationToken: after,
      }),
    );
    const keys = Contents.map(({ Key = "" }) => Key);
    const known = await findKnown(bucket, keys);
    const unknown = keys.filter((key) => !known.has(key));
    const ofUnknownWorlds = await findOfUnknownWorlds(unknown);
    orphans.push(
      ...unknown.map((key) => ({ bucket, key, unknownWorld: ofUnknownWorlds.has(key) })),
    );
    if (NextContinuationToken === undefined) return orphans;
    after = NextContinuationToken;
  }
}

/** The keys that belong to a row, or to an erasure that has not finished. */
async function findKnown(bucket: BucketName, keys: string[]): Promise<Set<string>> {
  const parsed = keys.flatMap((key) => {
    const ids = objectKeys.parse(bucket, key);
    return ids ? [{ key, ...ids }] : [];
  });
  const portraits = parsed.filter((ids) => ids.kind === "portrait");
  const images = parsed.filter((ids) => ids.kind === "image" || ids.kind === "upload");
  const zips = parsed.filter((ids) => ids.kind === "export");
  const found = await Promise.all([
    rows.findPortraitKeys(sql(), portraits),
    rows.findImageKeys(sql(), bucket, images),
    rows.findExportKeys(sql(), zips),
  ]);
  return new Set(found.flat().map(({ key }) => key));
}

/** The keys of portraits whose world this database never had. */
async function findOfUnknownWorlds(keys: string[]): Promise<Set<string>> {
  const portraits = keys.flatMap((key) => {
    const ids = objectKeys.parse("images", key);
    return ids?.kind === "portrait" ? [{ key, world_id: ids.world_id }] : [];
  });
  if (portraits.length === 0) return new Set();
  const own = new Set((await rows.findOwnPortraitKeys(sql(), portraits)).map(({ key }) => key));
  return new Set(portraits.map(({ key }) => key).filter((key) => !own.has(key)));
}

async function findMissing(kind: rows.PublishedRow["kind"]): Promise<rows.PublishedRow[]> {
  const [link, privateLink] = [links.images(), links.private()];
  const [s3, privateS3] = [s3Client(link), s3Client(privateLink)];
  const missing: rows.PublishedRow[] = [];
  for (let after = "00000000-0000-0000-0000-000000000000"; ; ) {
    const page = await rows.findPublishedAfter(sql(), kind, after, pageSize);
    const named = page.flatMap(objectsOf);
    for (let at = 0; at < named.length; at += 50) {
      const batch = named.slice(at, at + 50);
      const exists = await Promise.all(
        batch.map(({ url, private_key }) =>
          url === null
            ? objectExists(privateS3, privateLink.bucket, private_key)
            : objectExists(s3, link.bucket, url.replace(`${link.publicUrl}/`, "")),
        ),
      );
      missing.push(...batch.filter((_, index) => !exists[index]));
    }
    if (page.length < pageSize) return missing;
    after = page.at(-1)!.id;
  }
}

async function objectExists(s3: S3Client, Bucket: string, Key: string): Promise<boolean> {
  try {
    await s3.send(new HeadObjectCommand({ Bucket, Key }));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === "NotFound") return false;
    throw error;
  }
}

/** The picture that a row names, and each smaller copy that it lists. A portrait lists its own size too. */
function objectsOf({ sizes, ...row }: rows.RowWithSizes): rows.PublishedRow[] {
  const copies = sizes
    .filter((size) => size.url === undefined || size.url !== row.url)
    .map(({ width }): rows.PublishedRow => {
      const { kind, id, url, private_key } = row;
      return url === null
        ? { kind, id, width, url, private_key: objectKeys.variant(private_key, width) }
        : { kind, id, width, url: objectKeys.variant(url, width), private_key: null };
    });
  return [row, ...copies];
}
