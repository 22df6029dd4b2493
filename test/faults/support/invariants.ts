import { GetObjectCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import { isExportFileKey } from "@keepsake/core/exportFileKey";
import type { Backends } from "@keepsake/local/backends";
import type { Sql } from "postgres";
import sharp from "sharp";
import { sha256Of } from "../../support/uploadRequests.ts";
import { brokenExports } from "./exportInvariants.ts";
import type { Exchange } from "./faultyProxies.ts";

/** In the metadata of every test image that must be sanitized; in no published image. */
export const marker = "Wanderer";

export type R2Writes = ReturnType<typeof recordR2Writes>;

/** Records every object written to R2, and violations of the rules about writing. */
export function recordR2Writes({ imagesBucket, incomingBucket, privateBucket }: Backends["r2"]) {
  const images = new Map<string, string>();
  const incoming = new Map<string, string>();
  const violations: string[] = [];
  const privateImages = new Map<string, string>();
  const zips = new Set<string>();
  const buckets = {
    [imagesBucket]: images,
    [incomingBucket]: incoming,
    [privateBucket]: privateImages,
  };

  return {
    /** SHA-256 of every object by its key, removed objects included. */
    images,
    incoming,
    privateImages,
    /** The key of every zip that was written or begun. */
    zips,
    violations,
    onExchange({ method, path, query, headers, body, status }: Exchange) {
      const bucket = Object.keys(buckets).find((name) => path.includes(`/${name}/`));
      if (bucket === undefined) return;
      const key = path.slice(path.indexOf(`/${bucket}/`) + bucket.length + 2);
      if (bucket === privateBucket && isExportFileKey(key)) {
        if (method === "PUT" || method === "POST") zips.add(key);
        return; // each attempt writes the zip again
      }
      if (method !== "PUT" || status !== 200) return;
      const source = headers["x-amz-copy-source"]?.slice(incomingBucket.length + 1);
      const sha256 = source === undefined ? sha256Of(body) : incoming.get(`${source}`)!;
      const before = buckets[bucket]!.get(key);
      if (before !== undefined && before !== sha256) violations.push(`${key} was written twice`);
      if (bucket !== incomingBucket && query.has("X-Amz-Signature"))
        violations.push(`${key} was written by a presigned URL`);
      buckets[bucket]!.set(key, sha256);
    },
  };
}

type System = {
  sql: Sql;
  /** The origin of public URLs, without a slash at the end. */
  cdn: string;
  r2: Backends["r2"];
  writes: R2Writes;
  /** Texts that must not be in any row. */
  secrets: string[];
  /** SHA-256 of clean portraits and images by piece or image id, where the caller knows it. */
  expected?: Map<string, string>;
};

/**
 * Every violation of the rules of docs/reliability.md, a sentence each; call it once everything is
 * delivered and swept. Clean portraits have their SHA-256 in `details.sha256`, all others hold the marker.
 */
export async function brokenRules(system: System): Promise<string[]> {
  const { sql, cdn, writes, secrets } = system;
  const [pieces, images, erasures, erased] = await Promise.all([
    sql<PieceRow[]>`
      select p.piece_id, p.world_id, w.owner_id, p.name, p.details, p.portrait_status as status,
             p.portrait_error as error, p.portrait_version as version, p.settled_version,
             p.portrait_image_id
      from lore_pieces p join worlds w using (world_id)
    `,
    sql<ImageRow[]>`select * from images`,
    sql`select erasure_id, owner_id from erasures where done_at is null`,
    sql`select key, bucket from erasure_objects where erased_at is null`,
  ]);
  const violations = [
    ...writes.violations,
    ...(await each(pieces, (piece) => pieceRules(system, piece))),
    ...(await each(images, (image) => imageRules(system, image, images))),
    ...erasures.map(({ owner_id }) => `${owner_id}: an erasure is not done`),
  ];

  violations.push(...(await privateRules(system, images, erased)));
  violations.push(...(await brokenExports(system, new Set(erased.map(({ key }) => String(key))))));
  // a public object is named by a row, or is about to be erased; an image that is not published names none
  const knownKeys = new Set<string>([
    ...images.flatMap(({ key, visibility }) =>
      key === null || visibility !== "public" ? [] : withCopies(key),
    ),
    ...erased.flatMap(({ key, bucket }) => (bucket === "images" ? String(key) : [])),
  ]);
  for (const { world_id, piece_id, version, settled_version, status, details } of pieces) {
    // what a published version replaced is erased, and so is what was deleted with an image
    const shown = Number(/_portrait_v(\d+)\.png$/.exec(details.image_portrait ?? "")?.[1] ?? 1);
    const first = status === "none" ? version + 1 : Math.max(shown, settled_version) + 1;
    const numbers = [shown, ...Array.from({ length: version }, (_, index) => index + 1)];
    for (const number of numbers.filter((each) => each >= first || each === shown))
      for (const key of withCopies(
        `portraits/${world_id}/${piece_id}_portrait${number === 1 ? "" : `_v${number}`}.png`,
      ))
        knownKeys.add(key);
  }
  violations.push(
    ...(await each([...writes.images], async ([key, sha256]) => {
      const { status, bytes } = await get(`${cdn}/${key}`);
      if (status === 404) return knownKeys.has(key) && false;
      if (!knownKeys.has(key)) return `${key} is public, but no row names it and it is not erased`;
      if (sha256Of(bytes) !== sha256) return `${key} has changed`;
      return bytes.includes(marker) && `${key} is public and not sanitized`;
    })),
    ...(await incomingRules(system, images)),
  );

  for (const table of [
    "worlds",
    "lore_pieces",
    "images",
    "requests",
    "erasures",
    "telegram_links",
    "exports",
    "export_items",
    "export_files",
    "events",
  ]) {
    const rows = JSON.stringify(await sql`select * from ${sql(table)}`);
    for (const secret of [...secrets, "X-Amz-Signature", "/file/bot"])
      if (rows.includes(secret)) violations.push(`A row of ${table} holds a secret`);
  }
  return violations;
}

type PieceRow = {
  piece_id: string;
  world_id: string;
  owner_id: string;
  name: string;
  details: {
    image_portrait?: string;
    image_portrait_base64?: string;
    image_portrait_variants?: Copy[];
    sha256?: string;
  };
  status: string;
  error: string | null;
  version: number;
  settled_version: number;
  portrait_image_id: string | null;
};

async function pieceRules({ cdn, expected }: System, piece: PieceRow): Promise<Violation> {
  const { owner_id, name, details, status, error, piece_id, portrait_image_id } = piece;
  const subject = `${owner_id}: the portrait of ${name}`;
  const { image_portrait: url, image_portrait_base64: base64 } = details;
  if (status === "none") return url !== undefined && `${subject} has a URL but no status`;
  if (status !== "published") {
    if (base64 === undefined && portrait_image_id === null) return `${subject} lost its only copy`;
    return `${subject} is still ${status}: ${error}`;
  }
  if (base64 !== undefined) return `${subject} keeps its base64`;
  if (!url?.startsWith(`${cdn}/`)) return `${subject} has no URL`;
  const { status: httpStatus, bytes } = await get(url);
  if (httpStatus !== 200) return `${subject} has a URL that responds ${httpStatus}`;
  const copies = (details.image_portrait_variants ?? []).slice(0, -1);
  const missing = await missingCopy(subject, bytes, copies);
  if (missing !== false) return missing;
  const sha256 = expected?.get(piece_id) ?? details.sha256;
  return sha256 !== undefined && sha256Of(bytes) !== sha256 && `${subject} shows other bytes`;
}

/** A published picture has every copy that is narrower than it, and each is public. */
async function missingCopy(subject: string, bytes: Buffer, copies: Copy[]): Promise<Violation> {
  const { width } = (await sharp(bytes).metadata()).autoOrient; // as the picture is displayed
  const widths = [320, 960].filter((narrower) => narrower < width);
  if (copies.map((copy) => copy.width).join() !== widths.join())
    return `${subject} is ${width} px wide and has copies of ${copies.map((copy) => copy.width)}`;
  for (const copy of copies) {
    const response = await get(copy.url);
    if (response.status !== 200) return `${subject} has a copy that responds ${response.status}`;
    if ((await sharp(response.bytes).metadata()).width !== copy.width)
      return `${subject} has a copy of another width`;
  }
  return false;
}

/** The key or URL of the copy of a picture. */
const copyOf = (original: string, width: number) => original.replace(/\.\w+$/, `_w${width}.webp`);

const withCopies = (key: string) => [key, copyOf(key, 320), copyOf(key, 960)];

type Copy = { width: number; url: string };

type ImageRow = {
  image_id: string;
  owner_id: string;
  platform: string;
  visibility: string;
  status: string;
  error: string | null;
  error_code: string | null;
  key: string | null;
  url: string | null;
  content_type: string;
  sha256: string | null;
  variants: { width: number }[];
  source_sha256: string | null;
  duplicate_of: string | null;
  url_expires_at: Date | null;
  source: { chat_id?: number };
  replied_at: Date | null;
};

async function imageRules(
  { expected, writes }: System,
  image: ImageRow,
  all: readonly ImageRow[],
): Promise<Violation> {
  const { owner_id, image_id, platform, status, error, error_code, duplicate_of, url } = image;
  const subject = `${owner_id}: the image ${image_id} (${platform})`;
  if (status === "rejected" && error_code === "upload.expired")
    return writes.incoming.has(`uploads/${image_id}`) && `${subject} arrived and was thrown away`;
  if (status !== "published") return `${subject} is still ${status}: ${error}`;
  if (duplicate_of !== null) {
    const winner = all.find((other) => other.image_id === duplicate_of);
    return winner?.status !== "published" && `${subject} is a duplicate of nothing`;
  }
  if (image.visibility === "private") return url !== null && `${subject} is private and has a URL`;
  if (url === null) return `${subject} has no URL`;
  const { status: httpStatus, bytes } = await get(url);
  if (httpStatus !== 200) return `${subject} has a URL that responds ${httpStatus}`;
  const copies = image.variants.map(({ width }) => ({ width, url: copyOf(url, width) }));
  const missing = await missingCopy(subject, bytes, copies);
  if (missing !== false) return missing;
  const sha256 = sha256Of(bytes);
  if (sha256 !== image.sha256) return `${subject} has other bytes than its row states`;
  const sent = expected?.get(image_id) ?? image.source_sha256;
  if (image.content_type === "image/png" && sent !== null && sha256 !== sent)
    return `${subject} shows other bytes than were sent`;
  if (image.source.chat_id !== undefined && image.replied_at === null)
    return `${subject} was not replied to`;
  return false;
}

/** Every private image has its object, and every object of the private bucket a row or an erasure. */
async function privateRules(
  { r2, writes, cdn }: System,
  images: readonly ImageRow[],
  erased: readonly { key?: string; bucket?: string }[],
) {
  const s3 = s3Client(r2);
  const rows = images.filter(({ visibility }) => visibility === "private");
  const keys = rows.flatMap(({ key }) => key ?? []);
  const isErased = (key: string) =>
    erased.some((object) => object.bucket === "private" && object.key === key);
  const violations = await each(
    [...new Set([...keys, ...writes.privateImages.keys()])],
    async (Key) => {
      const stored = new GetObjectCommand({ Bucket: r2.privateBucket, Key });
      const object = await s3.send(stored).then(
        ({ Body }) => Body!.transformToByteArray(),
        () => undefined,
      );
      const row = rows.find(({ key }) => key !== null && withCopies(key).includes(Key));
      if ((await get(`${cdn}/${Key}`)).status !== 404) return `${Key} is private and public`;
      if (!row)
        return object !== undefined && !isErased(Key) && `${Key} is private, but no row names it`;
      if (row.key !== Key) return object === undefined && `${Key} is private and missing`;
      const isStored = object !== undefined && sha256Of(object) === row.sha256;
      return !isStored && `${Key} is private and not what its row states`;
    },
  );
  s3.destroy();
  return violations;
}

/** Once an upload is finished and its URL has expired, its object is not left in the incoming bucket. */
async function incomingRules({ r2, writes }: System, images: readonly ImageRow[]) {
  const s3 = s3Client(r2);
  const waiting = new Set(
    images.filter(({ url_expires_at }) => url_expires_at !== null).map(({ image_id }) => image_id),
  );
  const violations = await each([...writes.incoming.keys()], async (Key) => {
    if (waiting.has(Key.replace("uploads/", ""))) return `${Key} is never cleaned up`;
    const head = new HeadObjectCommand({ Bucket: r2.incomingBucket, Key });
    const exists = await s3.send(head).then(
      () => true,
      () => false,
    );
    return exists && `${Key} is left in the incoming bucket`;
  });
  s3.destroy();
  return violations;
}

type Violation = string | false;

/** Sixteen at a time: a run leaves thousands of objects. */
async function each<T>(items: readonly T[], rule: (item: T) => Promise<Violation>) {
  const violations: string[] = [];
  const rest = items.values();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const item of rest) {
        const violation = await rule(item);
        if (violation) violations.push(violation);
      }
    }),
  );
  return violations;
}

async function get(url: string) {
  const response = await fetch(url);
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
}
