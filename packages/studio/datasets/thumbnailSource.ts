import { srcSet } from "@keepsake/client";
import type { DatasetImage } from "@keepsake/contract/api/datasets";
import type { PictureSource } from "../ui/useDecodedSource.ts";

/** The copy of 320 px of an image, or itself when it is no wider. */
export const thumbnailSource = ({ url, variants }: DatasetImage): PictureSource => ({
  src: variants.find(({ width }) => width === 320)?.url ?? url ?? "",
});

/** The copies of 320 and 640 px of an image that fills a card of the list. */
export const coverSource = (image: DatasetImage): PictureSource => ({
  src: thumbnailSource(image).src,
  srcSet: srcSet(image),
  sizes: "(max-width: 30rem) 12rem, 18rem",
});
