import { HeadObjectCommand, ListObjectsV2Command, type S3Client } from "@aws-sdk/client-s3";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import * as erasures from "@keepsake/core/erasures/erasures";
import { objectKeys } from "@keepsake/core/images/objectKeys";
import { sql } from "@keepsake/functions/services/database";
import { links } from "../links.ts";
import * as rows from "./audit.sql.ts";

/** `npm run audit`: what the buckets and the database do not agree on. Reads only, unless `--fix`. */
export async function main(args: string[]) {
  const unknown = args.filter((arg) => arg !== "--fix");
  if (unknown.length > 0)
    throw new Error("npm run audit [-- --fix]   (with --stage for a deployed one)");
  try {
    const found = await audit();
    for (const { bucket, key, foreign } of found.orphans)
      console.log(`object without row  ${bucket}/${key}${foreign ? "  (of no world here)" : ""}`);
    for (const { kind, id, url } of found.missing)
      console.log(`row without object  ${kind} ${id}  ${url}`);
    console.log(
      `${found.orphans.length} objects without rows, ${found.missing.length} rows without objects`,
    );
    if (!args.includes("--fix")) return;
    await fix(found);
    console.log("Objects are listed for erasing, URLs that led nowhere are taken back");
  } finally {
    await sql().end({ timeout: 2 });
  }
}

type Orphan = {
  bucket: "images" | "incoming";
  key: string;
  /** Of a world that never was here, such as a backfilled product's: it is left alone. */
  foreign: boolean;
};

export type Findings = {
  orphans: Orphan[];
  missing: rows.PublishedRow[];
};

/** Compares every object with the rows, and every URL with the objects. In pages: memory stays small. */
export async function audit(): Promise<Findings> {
  const [inImages, inIncoming, portraits, images] = await Promise.all([
    orphansIn("images"),
    orphansIn("incoming"),
    missingOf("portrait"),
    missingOf("image"),
  ]);
  return { orphans: [...inImages, ...inIncoming], missing: [...portraits, ...images] };
}

/**
 * Lists orphans for erasing, which the sweep does, and takes back URLs that lead nowhere. What is of a
 * world that never was here stays.
 */
export async function fix({ orphans, missing }: Findings): Promise<void> {
  const ours = orphans.filter(({ foreign }) => !foreign);
  if (ours.length > 0) await sql().begin((tx) => erasures.start(tx, "operator", ours));
  for (const row of missing) await rows.takeBack(sql(), row);
}

const pageSize = 1_000;

async function orphansIn(bucket: "images" | "incoming"): Promise<Orphan[]> {
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
    const known = await knownOf(bucket, keys);
    const unknown = keys.filter((key) => !known.has(key));
    const foreign = await foreignAmong(unknown);
    orphans.push(...unknown.map((key) => ({ bucket, key, foreign: foreign.has(key) })));
    if (NextContinuationToken === undefined) return orphans;
    after = NextContinuationToken;
  }
}

/** Those of the keys that some row accounts for. */
async function knownOf(bucket: "images" | "incoming", keys: string[]): Promise<Set<string>> {
  const parsed = keys.flatMap((key) => {
    const ids = objectKeys.parse(bucket, key);
    return ids ? [{ key, ...ids }] : [];
  });
  const portraits = parsed.filter((ids) => ids.kind === "portrait");
  const images = parsed.filter((ids) => ids.kind !== "portrait");
  const found = await Promise.all([
    rows.findPortraitKeys(sql(), portraits),
    rows.findImageKeys(sql(), bucket, images),
  ]);
  return new Set(found.flat().map(({ key }) => key));
}

/** The portraits among these keys whose world never was here. */
async function foreignAmong(keys: string[]): Promise<Set<string>> {
  const portraits = keys.flatMap((key) => {
    const ids = objectKeys.parse("images", key);
    return ids?.kind === "portrait" ? [{ key, world_id: ids.world_id }] : [];
  });
  if (portraits.length === 0) return new Set();
  const own = new Set((await rows.findOwnPortraitKeys(sql(), portraits)).map(({ key }) => key));
  return new Set(portraits.map(({ key }) => key).filter((key) => !own.has(key)));
}

async function missingOf(kind: rows.PublishedRow["kind"]): Promise<rows.PublishedRow[]> {
  const link = links.images();
  const s3 = s3Client(link);
  const missing: rows.PublishedRow[] = [];
  for (let after = "00000000-0000-0000-0000-000000000000"; ; ) {
    const page = await rows.publishedAfter(sql(), kind, after, pageSize);
    for (let at = 0; at < page.length; at += 50) {
      const some = page.slice(at, at + 50);
      const there = await Promise.all(
        some.map(({ url }) => isThere(s3, link.bucket, url.replace(`${link.publicUrl}/`, ""))),
      );
      missing.push(...some.filter((_, index) => !there[index]));
    }
    if (page.length < pageSize) return missing;
    after = page.at(-1)!.id;
  }
}

async function isThere(s3: S3Client, Bucket: string, Key: string): Promise<boolean> {
  try {
    await s3.send(new HeadObjectCommand({ Bucket, Key }));
    return true;
  } catch (error) {
    if (error instanceof Error && error.name === "NotFound") return false;
    throw error;
  }
}
