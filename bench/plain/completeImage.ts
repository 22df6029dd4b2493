import { createHash } from "node:crypto";
import type { Sql } from "postgres";
import sharp, { type Sharp } from "sharp";
import { rgbaToThumbHash } from "thumbhash";

/** How the main picture is encoded again: as what it was sent as. */
const encodings = {
  jpeg: (picture: Sharp) => picture.jpeg({ quality: 95 }),
  png: (picture: Sharp) => picture.png(),
  /** sharp's default quality, 80, which is also what Keepsake chooses for the file of the benchmark. */
  webp: (picture: Sharp) => picture.webp(),
  /** By the settings of Keepsake. */
  fastWebp: (picture: Sharp) => picture.webp({ effort: 0 }),
};

export type PlainEncoding = keyof typeof encodings;

/**
 * Compares what arrived with its SHA-256, makes the picture without metadata, upright, and two smaller copies
 * by the settings of Keepsake's own, and writes the row. Resolves to the bytes of all three.
 */
export async function completeImage(
  sql: Sql,
  image_id: string,
  sent: Buffer,
  encoding: PlainEncoding,
): Promise<number> {
  const [upload] = await sql<[{ source_sha256: string }]>`
    select source_sha256 from images where image_id = ${image_id} and status = 'pending'
  `;
  if (upload.source_sha256 !== hash(sent)) throw new Error("It is another file");
  const open = () => sharp(sent, { failOn: "warning" }).autoOrient();
  const { data, info } = await encodings[encoding](open()).toBuffer({ resolveWithObject: true });
  const copies: Buffer[] = [];
  for (const width of [320, 960])
    copies.push(
      await open().resize({ width, kernel: "cubic" }).webp({ quality: 75, effort: 0 }).toBuffer(),
    );
  const thumbhash = await placeholder(open());
  const { width, height, format } = info;
  const published = {
    status: "published",
    key: `images/${image_id}`,
    url: `https://images.example.com/images/${image_id}`,
    content_type: `image/${format}`,
    sha256: hash(data),
    bytes: data.length,
    stored_bytes: data.length + copies.reduce((sum, copy) => sum + copy.length, 0),
    ...{ width, height, thumbhash, published_at: new Date() },
    variants: sql.json([320, 960].map((each) => ({ width: each }))),
    retry_at: null,
  };
  await sql`update images set ${sql(published as object)} where image_id = ${image_id}`;
  return published.stored_bytes;
}

const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

async function placeholder(picture: Sharp): Promise<string> {
  const { data, info } = await picture
    .resize(32, 32, { fit: "inside" })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString("base64");
}
