import { limits } from "@keepsake/contract/limits";
import { isWithinBounds } from "./animationLimits.ts";
import { type Box, boxesOf, onlyBox } from "./avifBoxes.ts";
import { itemsOf } from "./avifItems.ts";

/** Width and height in pixels of the picture, as it is stored. */
export type Avif = {
  width: number;
  height: number;
  /** Pictures, tiles, alpha planes, thumbnails and metadata. */
  items: number;
  /** Of which pictures are put together, over all. */
  tiles: number;
  /** Over 1 in an image sequence. */
  frames: number;
};

/**
 * Reads what an AVIF contains from its boxes (AVIF 1.1.0; ISO/IEC 23008-12), without decoding it. Undefined
 * when a box is cut off, or the picture is not one AV1 image or a grid of them. Its size is the declared one:
 * a decoder must check that of the AV1 data. Takes time linear in the number of boxes.
 */
export function readAvif(bytes: Buffer): Avif | undefined {
  try {
    const boxes = boxesOf(bytes);
    const meta = onlyBox(boxes, "meta");
    if (boxes?.[0]?.type !== "ftyp" || !meta) return undefined;
    const picture = itemsOf(meta.subarray(4));
    return picture && { ...picture, frames: framesOf(boxes) };
  } catch (error) {
    if (error instanceof RangeError) return undefined; // a box ends within a number
    throw error;
  }
}

/** Whether such a picture may be decoded: at most 16 megapixels, of few parts. */
export const isAvifWithinBounds = (avif: Avif): boolean =>
  avif.width * avif.height <= limits.avif_pixels &&
  avif.items <= maxItems &&
  avif.tiles <= maxTiles &&
  isWithinBounds(avif);

const maxItems = 600;
/** 16 megapixels in tiles of 256 × 256 px. */
const maxTiles = 256;

/** The samples of the longest track; 1 when there is no track. */
function framesOf(boxes: Box[]): number {
  let tracks = boxes.filter(({ type }) => type === "moov");
  for (const step of ["trak", "mdia", "minf", "stbl", "stsz"])
    tracks = tracks.flatMap(({ data }) => boxesOf(data) ?? []).filter(({ type }) => type === step);
  return Math.max(1, ...tracks.map(({ data }) => data.readUInt32BE(8)));
}
