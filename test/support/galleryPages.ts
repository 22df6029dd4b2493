import { randomBytes } from "node:crypto";
import type { Page } from "playwright-core";
import { v7 as uuidv7 } from "uuid";
import { drawnPicture } from "./drawnPicture.ts";
import type { Owner, TestStack } from "./stack.ts";
import { fileOf } from "./uploadRequests.ts";

/** Width and height of the pictures that `insertGallery` takes in turn. */
const shapes: [number, number][] = [
  [600, 400],
  [400, 600],
  [500, 500],
  [640, 360],
];

type Inserted = {
  /** `001.jpg` by default, in the order of insertion: the last one is the newest. */
  filename?: string;
  created_at?: Date;
  platform?: string;
  tags?: string[];
  caption?: string;
  status?: string;
  error?: string;
};

/** Inserts images of four shapes, each a minute newer than the one before. Resolves to their ids. */
export async function insertGallery(
  { sql }: Pick<TestStack, "sql">,
  { client, sub }: Owner,
  images: Inserted[],
): Promise<string[]> {
  const pictures = await Promise.all(
    shapes.slice(0, images.length).map(async ([width, height], index) => {
      const photo = await drawnPicture(width, height).jpeg().toBuffer();
      return client.upload(fileOf(photo, `shape${index}.jpg`, "image/jpeg"));
    }),
  );
  await sql`delete from images where owner_id = ${`user:${sub}`}`; // their objects are enough
  const now = Date.now();
  const rows = images.map((image, index) => {
    const picture = pictures[index % pictures.length]!;
    const { bytes, width, height, url, content_type, thumbhash, visibility } = picture;
    const {
      status = "published",
      tags = [],
      platform = "web",
      caption = null,
      error = null,
    } = image;
    const created_at = image.created_at ?? new Date(now - (images.length - index) * 60_000);
    return {
      ...{ status, tags, platform, caption, error, created_at, bytes, width, height, visibility },
      ...{ content_type, thumbhash, ...published(status === "published" ? url : null) },
      image_id: uuidv7({ msecs: created_at.getTime() }),
      owner_id: `user:${sub}`,
      source: sql.json({}),
      sha256: randomBytes(32).toString("hex"),
      filename: image.filename ?? `${String(index + 1).padStart(3, "0")}.jpg`,
    };
  });
  for (let start = 0; start < rows.length; start += 500)
    await sql`insert into images ${sql(rows.slice(start, start + 500))}`;
  return rows.map(({ image_id }) => image_id);
}

const published = (url: string | null) => ({ url, key: url && new URL(url).pathname.slice(1) });

export const gallery = (page: Page) => page.getByRole("region", { name: "Gallery" });

/** The link of an image by its name. */
export const tile = (page: Page, name: string) =>
  gallery(page).getByRole("gridcell").getByRole("link", { name, exact: true });

/** The names of the tiles that exist, in their order. */
export const tileNames = (page: Page) =>
  gallery(page)
    .getByRole("gridcell")
    .locator("img")
    .evaluateAll((pictures) => pictures.map((picture) => picture.getAttribute("alt")));
