import { srcset } from "@keepsake/client/srcset";
import type { Image } from "@keepsake/contract/schemas";
import type { PictureSource } from "../ui/useDecoded.ts";

/** How wide the square is that a picture fills: on a narrow page in vw, else in rem. */
type SquareWidth = { vw: number; rem: number };

/** Of an image that fills a square: a wide image is drawn wider than the square and cut off. */
export function imageSource(image: Image, { vw, rem }: SquareWidth): PictureSource {
  const ratio = Math.max(1, (image.width ?? 1) / (image.height ?? 1));
  const scaled = (length: number) => Math.ceil(length * ratio * 10) / 10;
  const sizes = `(max-width: 30rem) ${scaled(vw)}vw, ${scaled(rem)}rem`;
  return { src: image.url ?? "", srcSet: srcset(image), sizes };
}

/** Of an image in a dialog: its copy of 960 px, or itself when it is no wider. */
export const dialogSource = ({ url, variants }: Image): PictureSource => ({
  src: variants.find(({ width }) => width === 960)?.url ?? url ?? "",
});
