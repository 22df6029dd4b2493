import { srcSet } from "@keepsake/client";
import type { Image } from "@keepsake/contract/schemas";
import type { PictureSource } from "../ui/useDecodedSource.ts";

/** How wide the square is that a picture fills: on a narrow page in vw, else in rem. */
type SquareWidth = { vw: number; rem: number };

/**
 * Of an image that fills a square: a wide image is drawn wider than the square and cut off. On a narrow page,
 * whose connection may be slow, the copy of 320 px is loaded of an image up to 16:9, at any pixel density up
 * to 4: it has a seventh of the bytes of the next one, and is at worst half as sharp as the screen.
 */
export function imageSource(image: Image, { vw, rem }: SquareWidth): PictureSource {
  const ratio = Math.max(1, (image.width ?? 1) / (image.height ?? 1));
  const scaled = (length: number) => Math.ceil(length * ratio * 10) / 10;
  const narrow = ratio <= 16 / 9 ? "5rem" : `${scaled(vw)}vw`;
  return {
    src: image.url ?? "",
    srcSet: srcSet(image),
    sizes: `(max-width: 30rem) ${narrow}, ${scaled(rem)}rem`,
  };
}

/** Of an image in a dialog: its copy of 960 px, or itself when it is no wider. */
export const dialogSource = ({
  url,
  variants,
}: Pick<Image, "url" | "variants">): PictureSource => ({
  src: variants.find(({ width }) => width === 960)?.url ?? url ?? "",
});
