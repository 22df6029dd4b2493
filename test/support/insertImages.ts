import { v7 as uuidv7 } from "uuid";
import type { Owner, TestStack } from "./stack.ts";

export type InsertedImage = {
  filename?: string | null;
  width?: number;
  height?: number;
  sha256?: string;
  bytes?: number;
  visibility?: "public" | "private";
  owner_id?: string;
};

/** Inserts rows of published images, without objects, and resolves to their ids in the order given. */
export async function insertImages(
  { sql }: Pick<TestStack, "sql">,
  { sub }: Pick<Owner, "sub">,
  images: InsertedImage[],
): Promise<string[]> {
  const rows = images.map((image) => {
    const image_id = uuidv7();
    const { visibility = "public" } = image;
    const key = `images/${image_id}.png`;
    return {
      ...{ image_id, key, visibility, owner_id: image.owner_id ?? `user:${sub}` },
      url: visibility === "public" ? `https://cdn.example/${key}` : null,
      filename: image.filename === undefined ? `${image_id}.png` : image.filename,
      ...{ width: image.width ?? 1_024, height: image.height ?? 1_024 },
      sha256: image.sha256 ?? image_id.replaceAll("-", "").repeat(2),
      bytes: image.bytes ?? 100_000,
    };
  });
  await sql`
    insert into images (image_id, owner_id, platform, visibility, source, status, key, url,
                        content_type, filename, width, height, sha256, bytes)
    select image_id, owner_id, 'web', visibility, '{}', 'published', key, url, 'image/png', filename,
           width, height, sha256, bytes
    from jsonb_to_recordset(${sql.json(rows)})
      as image (image_id uuid, owner_id text, visibility text, key text, url text, filename text,
                width integer, height integer, sha256 text, bytes integer)
  `;
  return rows.map(({ image_id }) => image_id);
}
