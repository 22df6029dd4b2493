import { createHash, randomUUID } from "node:crypto";
import { createExport } from "@keepsake/core/exports/createExport";
import sharp from "sharp";
import type { Database } from "./createDatabase.ts";

export type Picture = {
  bytes: Buffer;
  content_type: "image/jpeg" | "image/webp";
  width: number;
  height: number;
};

/** A picture as photos are: a JPEG that passes unchanged, or a WebP. At a scale of 1 it has about 5 MB. */
export async function picture(format: "jpeg" | "webp", scale: number): Promise<Picture> {
  const isJpeg = format === "jpeg";
  const [width, height] = isJpeg ? [3_000 * scale, 2_250 * scale] : [4_000 * scale, 3_000 * scale];
  const noise = { type: "gaussian", mean: 128, sigma: 40 } as const;
  const drawn = sharp({ create: { width, height, channels: 3, background: "#888", noise } });
  const bytes = isJpeg
    ? await drawn.jpeg({ quality: 93 }).toBuffer()
    : await drawn.blur(0.7).webp({ quality: 88, effort: 0 }).toBuffer();
  return { bytes, content_type: `image/${format}`, width, height };
}

/** Requests an export of a dataset of `count` images, all with the same bytes. */
export async function requestExport({ sql }: Database, picture: Picture, count: number) {
  const { bytes, ...about } = picture;
  const owner_id = `user:${randomUUID()}`;
  const dataset_id = randomUUID();
  const extension = about.content_type === "image/jpeg" ? "jpg" : "webp";
  const images = Array.from({ length: count }, (_, position) => {
    const image_id = randomUUID();
    return { image_id, key: `images/${image_id}.${extension}`, position };
  });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await sql`
    insert into images (image_id, owner_id, platform, visibility, source, status, key, url,
                        content_type, width, height, sha256, bytes)
    select image_id, ${owner_id}, 'web', 'public', '{}', 'published', key,
           'https://images.example.com/' || key, ${about.content_type}, ${about.width},
           ${about.height}, ${sha256}, ${bytes.length}
    from jsonb_to_recordset(${sql.json(images)}) as image (image_id uuid, key text)
  `;
  await sql`
    insert into datasets (dataset_id, owner_id, name) values (${dataset_id}, ${owner_id}, 'A set')
  `;
  await sql`
    insert into dataset_items (dataset_id, image_id, position, caption)
    select ${dataset_id}, image_id, position, 'a photo of Mira in the rain'
    from jsonb_to_recordset(${sql.json(images)}) as item (image_id uuid, position integer)
  `;
  const messages: object[] = [];
  const exportQueue = {
    async send(sent: object[]) {
      messages.push(...sent);
      return [];
    },
  };
  const privateUrls = { presignGet: async () => "" };
  const request = { owner_id, dataset_id, layout: "pairs" as const };
  await createExport({ sql, exportQueue, privateUrls }, request);
  return { messages, keys: images.map(({ key }) => key) };
}
