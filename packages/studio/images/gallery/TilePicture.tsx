import { srcSet } from "@keepsake/client";
import type { Image } from "@keepsake/contract/schemas";
import { imageName } from "../imageNames.ts";
import { placeholderOf } from "./placeholders.ts";

type Props = {
  image: Image;
  /** Of its tile, in pixels. */
  width: number;
  /** Within the first screen: it is loaded at once. */
  isFirst: boolean;
  /** In the first row: it is loaded before others. */
  isInTopRow: boolean;
  /** Called when it cannot be loaded. */
  onFail(image: Image): void;
};

/** The smallest copy of a published image that is sharp in its tile, over its placeholder until it is decoded. */
export function TilePicture({ image, width, isFirst, isInTopRow, onFail }: Props) {
  const { url, thumbhash, alt, content_type } = image;
  const sources = srcSet(image);
  return (
    <img
      {...(sources && { srcSet: sources, sizes: sizesOf(image, width) })}
      src={url!}
      alt={alt || imageName(image)}
      loading={isFirst ? "eager" : "lazy"}
      fetchPriority={isInTopRow ? "high" : "auto"}
      decoding="async"
      draggable={false}
      style={thumbhash ? { backgroundImage: placeholderOf(thumbhash) } : undefined}
      onLoad={({ currentTarget: picture }) => {
        if (content_type === "image/jpeg") return; // it covers its placeholder: decoding it here would cost memory
        picture.decode().then(
          () => picture.style.removeProperty("background-image"),
          () => {}, // it was replaced meanwhile
        );
      }}
      onError={() => onFail(image)}
    />
  );
}

/** A copy is taken that has at least so much of the pixels of its tile: the next one may have nine times as many. */
const sharpEnough = 0.8;

/**
 * How wide it is shown. On a narrow page, whose connection may be slow, the copy of 320 px is loaded of an image up
 * to 16:9, at any pixel density up to 4: it has a seventh of the bytes of the next one.
 */
function sizesOf({ width, height }: Image, tileWidth: number): string {
  const ratio = (width ?? 1) / (height ?? 1);
  const shown = `${Math.ceil(tileWidth * sharpEnough)}px`;
  return ratio <= 16 / 9 ? `(max-width: 30rem) 5rem, ${shown}` : shown;
}
