import type { Image } from "@keepsake/contract/schemas";
import type { Services } from "../ports.ts";
import type { ImageRow } from "./images.sql.ts";
import * as objectKeys from "./objectKeys.ts";

/** An image as callers see it, with the URLs of its copies: those of a private one are valid for half an hour at least. */
export async function presentImage(
  { privateUrls }: Pick<Services, "privateUrls">,
  { key, variants, ...image }: ImageRow,
): Promise<Image> {
  const { url, visibility } = image;
  if (key === null) return { ...image, variants: [] };
  const urlOf = async (objectKey: string) =>
    visibility === "private"
      ? privateUrls.presignGet(objectKey)
      : publicUrlOf(url ?? "", key, objectKey);
  const [own, ...copies] = await Promise.all(
    [key, ...variants.map(({ width }) => objectKeys.variant(key, width))].map(urlOf),
  );
  return {
    ...image,
    url: own!,
    variants: variants.map((size, index) => ({ ...size, url: copies[index]! })),
  };
}

/** The URL of another object beside the one that `url` and `key` name. */
export const publicUrlOf = (url: string, key: string, other: string) =>
  `${url.slice(0, -key.length)}${other}`;
