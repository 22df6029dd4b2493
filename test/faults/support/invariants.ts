import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import type { Backends } from "@keepsake/local/backends";
import type { Sql } from "postgres";
import { sha256Of } from "../../support/files.ts";

/** In every image that is not clean as it is sent; in none that is published. */
export const marker = "Wanderer";

export type Written = ReturnType<typeof watchR2>;

/** Follows what the store was made to hold, by every request that had an effect on it. */
export function watchR2({ imagesBucket, incomingBucket }: Backends["r2"]) {
  const images = new Map<string, string>();
  const incoming = new Map<string, string>();
  const broken: string[] = [];
  const buckets = { [imagesBucket]: images, [incomingBucket]: incoming };

  return {
    /** SHA-256 of every object by its key, those removed included. */
    images,
    incoming,
    broken,
    watch(exchange: {
      method: string;
      path: string;
      query: URLSearchParams;
      body: Buffer;
      status: number;
    }) {
      const { method, path, query, body, status } = exchange;
      const at = Object.keys(buckets).find((bucket) => path.includes(`/${bucket}/`));
      if (at === undefined || method !== "PUT" || status !== 200) return;
      const key = path.slice(path.indexOf(`/${at}/`) + at.length + 2);
      const sha256 = sha256Of(body);
      const before = buckets[at]!.get(key);
      if (before !== undefined && before !== sha256) broken.push(`${key} was written twice`);
      if (at === imagesBucket && query.has("X-Amz-Signature"))
        broken.push(`${key} was written by a presigned URL`);
      buckets[at]!.set(key, sha256);
    },
  };
}

type World = {
  sql: Sql;
  /** Where readers fetch, without a slash at its end. */
  cdn: string;
  r2: Backends["r2"];
  written: Written;
  /** What no row may hold. */
  secrets: string[];
  /** SHA-256 of a clean portrait or image, by its piece's or image's id, where a caller knows it. */
  expected?: Map<string, string>;
};

/**
 * What of the rules does not hold, a sentence each, once everything was delivered and swept. Clean
 * portraits say their SHA-256 in `details.sha256`; whatever else was sent holds the marker.
 */
export async function brokenRules(world: World): Promise<string[]> {
  const { sql, cdn, written, secrets } = world;
  const [pieces, images, erasures] = await Promise.all([
    sql<PieceRow[]>`
      select p.piece_id, p.world_id, w.owner_id, p.name, p.details, p.portrait_status as status,
             p.portrait_error as error, p.portrait_version as version, p.portrait_image_id
      from lore_pieces p join worlds w using (world_id)
    `,
    sql<ImageRow[]>`select * from images`,
    sql`select erasure_id, owner_id from erasures where done_at is null`,
  ]);
  const found = [
    ...written.broken,
    ...(await each(pieces, (piece) => piecesRules(world, piece))),
    ...(await each(images, (image) => imageRules(world, image, images))),
    ...erasures.map(({ owner_id }) => `${owner_id}: an erasure is never done`),
  ];

  const named = new Set<string>(images.flatMap(({ key }) => key ?? []));
  for (const { world_id, piece_id, version } of pieces)
    for (let at = 1; at <= version; at += 1)
      named.add(`portraits/${world_id}/${piece_id}_portrait${at === 1 ? "" : `_v${at}`}.png`);
  found.push(
    ...(await each([...written.images], async ([key, sha256]) => {
      const { status, bytes } = await get(`${cdn}/${key}`);
      if (status === 404) return named.has(key) && false;
      if (!named.has(key)) return `${key} is public and belongs to nobody`;
      if (sha256Of(bytes) !== sha256) return `${key} has changed`;
      return bytes.includes(marker) && `${key} is public as it was sent`;
    })),
    ...(await incomingRules(world, images)),
  );

  for (const table of [
    "worlds",
    "lore_pieces",
    "images",
    "requests",
    "erasures",
    "telegram_links",
  ]) {
    const rows = JSON.stringify(await sql`select * from ${sql(table)}`);
    for (const secret of [...secrets, "X-Amz-Signature", "/file/bot"])
      if (rows.includes(secret)) found.push(`A row of ${table} holds a secret`);
  }
  return found;
}

type PieceRow = {
  piece_id: string;
  world_id: string;
  owner_id: string;
  name: string;
  details: { image_portrait?: string; image_portrait_base64?: string; sha256?: string };
  status: string;
  error: string | null;
  version: number;
  portrait_image_id: string | null;
};

async function piecesRules({ cdn, expected }: World, piece: PieceRow): Promise<Finding> {
  const { owner_id, name, details, status, error, version, piece_id, portrait_image_id } = piece;
  const who = `${owner_id}: the portrait of ${name}`;
  const { image_portrait: url, image_portrait_base64: base64 } = details;
  if (status === "none") return version !== 0 && `${who} was forgotten`;
  if (status !== "published") {
    if (base64 === undefined && portrait_image_id === null) return `${who} lost its only copy`;
    return `${who} is still ${status}: ${error}`;
  }
  if (base64 !== undefined) return `${who} keeps its base64`;
  if (!url?.startsWith(`${cdn}/`)) return `${who} has no URL`;
  const { status: answer, bytes } = await get(url);
  if (answer !== 200) return `${who} has a URL that answers ${answer}`;
  const sha256 = expected?.get(piece_id) ?? details.sha256;
  return sha256 !== undefined && sha256Of(bytes) !== sha256 && `${who} shows other bytes`;
}

type ImageRow = {
  image_id: string;
  owner_id: string;
  platform: string;
  status: string;
  error: string | null;
  error_code: string | null;
  key: string | null;
  url: string | null;
  content_type: string;
  sha256: string | null;
  source_sha256: string | null;
  duplicate_of: string | null;
  url_expires_at: Date | null;
  source: { chat_id?: number };
  replied_at: Date | null;
};

async function imageRules(
  { expected }: World,
  image: ImageRow,
  all: readonly ImageRow[],
): Promise<Finding> {
  const { owner_id, image_id, platform, status, error, error_code, duplicate_of, url } = image;
  const who = `${owner_id}: the image ${image_id} (${platform})`;
  if (status === "rejected" && error_code === "upload.expired") return false;
  if (status !== "published") return `${who} is still ${status}: ${error}`;
  if (duplicate_of !== null) {
    const winner = all.find((other) => other.image_id === duplicate_of);
    return winner?.status !== "published" && `${who} is a duplicate of nothing`;
  }
  if (url === null) return `${who} has no URL`;
  const { status: answer, bytes } = await get(url);
  if (answer !== 200) return `${who} has a URL that answers ${answer}`;
  const sha256 = sha256Of(bytes);
  if (sha256 !== image.sha256) return `${who} has other bytes than its row says`;
  const sent = expected?.get(image_id) ?? image.source_sha256;
  if (image.content_type === "image/png" && sent !== null && sha256 !== sent)
    return `${who} shows other bytes than were sent`;
  if (image.source.chat_id !== undefined && image.replied_at === null)
    return `${who} owes its sender a reply`;
  return false;
}

/** Once its URL is over and its upload settled, nothing of it is left in the incoming bucket. */
async function incomingRules({ r2, written }: World, images: readonly ImageRow[]) {
  const s3 = s3Client(r2);
  const waiting = new Set(
    images.filter(({ url_expires_at }) => url_expires_at !== null).map(({ image_id }) => image_id),
  );
  const found = await each([...written.incoming.keys()], async (Key) => {
    if (waiting.has(Key.replace("uploads/", ""))) return `${Key} waits for ever`;
    const head = new HeadObjectCommand({ Bucket: r2.incomingBucket, Key });
    const there = await s3.send(head).then(
      () => true,
      () => false,
    );
    return there && `${Key} is left in the incoming bucket`;
  });
  s3.destroy();
  return found;
}

type Finding = string | false;

/** Sixteen at a time: a run leaves thousands of objects behind. */
async function each<T>(items: readonly T[], rule: (item: T) => Promise<Finding>) {
  const found: string[] = [];
  const rest = items.values();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const item of rest) {
        const finding = await rule(item);
        if (finding) found.push(finding);
      }
    }),
  );
  return found;
}

async function get(url: string) {
  const response = await fetch(url);
  return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
}
