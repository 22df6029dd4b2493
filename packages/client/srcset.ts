import type { Image, Piece, Variant } from "./apiTypes.ts";

/**
 * Every size of an image, or of a character's portrait, as the `srcset` of an `<img>`, so that the browser
 * loads the smallest that is sharp. Empty without a smaller copy: then `src` is enough.
 */
export function srcSet(
  picture: Pick<Image, "url" | "width" | "height" | "variants"> | Pick<Piece, "details">,
): string {
  const sizes = "details" in picture ? portraitSizes(picture) : imageSizes(picture);
  return sizes.length < 2 ? "" : sizes.map(({ url, width }) => `${url} ${width}w`).join(", ");
}

function imageSizes({
  url,
  width,
  height,
  variants,
}: Pick<Image, "url" | "width" | "height" | "variants">): Variant[] {
  if (url === null || width === null || height === null) return [];
  return [...variants, { url, width, height }];
}

/** Keepsake writes them with the portrait's URL; those of earlier releases have none. */
const portraitSizes = ({ details }: Pick<Piece, "details">): Variant[] =>
  Array.isArray(details.image_portrait_variants)
    ? (details.image_portrait_variants as Variant[])
    : [];
