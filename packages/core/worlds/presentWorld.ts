import type { WorldSummary } from "@keepsake/contract/schemas";
import * as objectKeys from "../images/objectKeys.ts";
import { publicUrlOf } from "../images/presentImage.ts";
import type { WorldRow } from "./worlds.sql.ts";

/** A world as callers see it, with the URLs of its picture's copies. */
export function presentWorld({ image, ...world }: WorldRow): WorldSummary {
  if (image === null) return { ...world, image };
  const { key, variants, ...picture } = image;
  const copies = variants.map((size) => ({
    ...size,
    url: publicUrlOf(picture.url, key, objectKeys.variant(key, size.width)),
  }));
  return { ...world, image: { ...picture, variants: copies } };
}
