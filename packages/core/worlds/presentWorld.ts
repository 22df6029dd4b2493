import type { World } from "@keepsake/contract/schemas";
import * as objectKeys from "../images/objectKeys.ts";
import { publicUrlOf } from "../images/presentImage.ts";
import type { WorldImageRow, WorldRow } from "./worlds.sql.ts";

/** Where the public page with an id is. */
export type PageUrl = { pageUrl: (page_id: string) => string };

/** A world as callers see it, without its pieces. */
export function presentWorld(
  { pageUrl }: PageUrl,
  { image, page_id, ...world }: WorldRow,
): Omit<World, "pieces"> {
  const page = page_id === null ? null : { page_id, url: pageUrl(page_id) };
  return { ...world, image: image && pictureWithUrls(image), page };
}

/** The picture of a world, with the URLs of its smaller copies. */
export function pictureWithUrls<Picture extends Pick<WorldImageRow, "key" | "url" | "variants">>({
  key,
  variants,
  ...picture
}: Picture) {
  const copies = variants.map((size) => ({
    ...size,
    url: publicUrlOf(picture.url, key, objectKeys.variant(key, size.width)),
  }));
  return { ...picture, variants: copies };
}
