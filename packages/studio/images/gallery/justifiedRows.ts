import type { Image } from "@keepsake/contract/schemas";
import { dateGroups } from "./dateGroups.ts";

export type Tile = { image: Image; width: number };

/** A heading, or images side by side. `top` and `height` are in pixels; the gap below a row is not in its height. */
export type Row = { key: string; top: number; height: number } & (
  | { label: string; tiles?: undefined }
  | { tiles: Tile[]; label?: undefined }
);

type Layout = {
  width: number;
  gap: number;
  headingHeight: number;
  today: Date;
  /** The last row is left out until the images that belong into it are loaded, so that it never changes. */
  hasMore: boolean;
};

/** Rows, and how many images from the first one on are in them. */
export type Placed = { rows: readonly Row[]; count: number };

/** What a picture may be narrower or wider than before its tile cuts it off. */
const narrowest = 0.5;
const widest = 3.5;
/** Of a tile without a picture. */
const blankRatio = 1.25;
/** How much lower or higher than others a row may be so that those below it stay as they were. */
const lowest = 0.6;
const highest = 1.5;
/** By so many images a row is longer for that. */
const furthest = 2;

/**
 * Lays images out in rows of one height each that fill the width and keep the proportions of the pictures. The last row of
 * a date is not stretched. A row that is as it was before is the same object. After an image that is new or gone, rows
 * soon begin with the same images as before, so that few pictures move to another row. `done` are rows that stay: the
 * images behind them follow.
 */
export function justifiedRows(
  images: readonly Image[],
  { width, gap, headingHeight, today, hasMore }: Layout,
  before: ReadonlyMap<string, Row>,
  done: Placed,
): Placed {
  const rows = [...done.rows];
  const targetHeight = rowHeight(width);
  const groupOf = dateGroups(today);
  const lastDone = rows.at(-1);
  let top = lastDone ? lastDone.top + lastDone.height + gap : 0;
  const add = (row: Row) => {
    const old = before.get(row.key);
    rows.push(old && isSame(old, row) ? old : row);
    top += row.height + gap;
  };

  let group = rows.findLast(({ label }) => label !== undefined)?.key;
  let line: { image: Image; ratio: number }[] = [];
  let ratios = 0;
  const endRow = (isLast: boolean) => {
    if (line.length === 0) return;
    const room = width - gap * (line.length - 1);
    const filling = room / ratios;
    const height = isLast ? Math.min(filling, targetHeight) : filling;
    const tiles = line.map(({ image, ratio }) => ({ image, width: Math.floor(ratio * height) }));
    const last = tiles.at(-1)!;
    const used = tiles.reduce((sum, tile) => sum + tile.width, 0);
    if (height === filling) last.width += Math.floor(room - used); // what rounding has left
    add({ key: tiles[0]!.image.image_id, top, height: Math.round(height), tiles });
    line = [];
    ratios = 0;
  };

  const heightWith = (ratio: number, count: number) =>
    (width - gap * (line.length + count - 1)) / (ratios + ratio);
  /** A row began with one of the images from there on, and this one can be low enough to reach it. */
  const canReachOldRow = (from: number) => {
    let ratio = 0;
    for (let count = 0; count <= furthest; count += 1) {
      const next = images[from + count];
      if (!next || heightWith(ratio, count) < lowest * targetHeight) return false;
      if (before.has(next.image_id)) return count > 0;
      ratio += ratioOf(next);
    }
    return false;
  };

  for (let index = done.count; index < images.length; index += 1) {
    const image = images[index]!;
    const { key, label } = groupOf(image.created_at);
    if (key !== group) {
      endRow(true);
      group = key;
      add({ key, top, height: headingHeight, label });
    }
    if (line.length > 0 && before.has(image.image_id)) {
      const height = heightWith(0, 0) / targetHeight;
      if (height > lowest && height < highest) endRow(false);
    }
    const ratio = ratioOf(image);
    // ends the row before this image when that leaves it nearer to the wanted height
    const height = heightWith(ratio, 1);
    if (line.length > 0 && height < targetHeight && !canReachOldRow(index))
      if (heightWith(0, 0) / targetHeight < targetHeight / height) endRow(false);
    line.push({ image, ratio });
    ratios += ratio;
    if (heightWith(0, 0) < targetHeight && !canReachOldRow(index + 1)) endRow(false);
  }
  if (!hasMore) endRow(true);
  return { rows, count: images.length - line.length };
}

/** The height that rows are near to, in pixels, for the width of the gallery. */
const rowHeight = (width: number) => Math.round(Math.min(280, Math.max(104, 90 + width / 10)));

function ratioOf({ width, height, url }: Image): number {
  if (!url || !width || !height) return blankRatio;
  return Math.min(widest, Math.max(narrowest, width / height));
}

const isSame = (a: Row, b: Row): boolean =>
  a.top === b.top &&
  a.height === b.height &&
  a.label === b.label &&
  a.tiles?.length === b.tiles?.length &&
  (a.tiles ?? []).every(
    ({ image, width }, index) =>
      image === b.tiles![index]!.image && width === b.tiles![index]!.width,
  );
