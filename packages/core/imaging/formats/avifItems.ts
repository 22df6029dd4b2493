import { type Box, boxesOf, numbersOf, onlyBox } from "./avifBoxes.ts";

/**
 * The size of the primary item, and the numbers of items and tiles, from the boxes of `meta` (ISO/IEC
 * 14496-12, section 8.11). Undefined when the primary item is not an AV1 image or a grid of them, has no
 * size, or an item is put together of others in another way. Throws a RangeError when a box is cut off.
 */
export function itemsOf(
  meta: Buffer,
): { width: number; height: number; items: number; tiles: number } | undefined {
  const boxes = boxesOf(meta);
  const [pitm, iinf, iprp] = ["pitm", "iinf", "iprp"].map((type) => onlyBox(boxes, type));
  if (!pitm || !iinf || !iprp) return undefined;
  const primary = pitm[0] === 0 ? pitm.readUInt16BE(4) : pitm.readUInt32BE(4);
  const types = itemTypes(iinf);
  const tiles = tilesOf(onlyBox(boxes, "iref"), types);
  const size = sizeOf(iprp, primary);
  if (!types || !tiles || !size || !["av01", "grid"].includes(types.get(primary) ?? ""))
    return undefined;
  return { ...size, items: types.size, tiles: Math.max(1, tiles.length) };
}

/** By item. Undefined when one is made of others by an overlay or as a copy, which can be nested. */
function itemTypes(iinf: Buffer): Map<number, string> | undefined {
  const entries = boxesOf(iinf.subarray(iinf[0] === 0 ? 6 : 8));
  const types = new Map<number, string>();
  for (const { type, data } of entries ?? []) {
    if (type !== "infe" || data[0]! < 2) return undefined;
    const next = numbersOf(data.subarray(4));
    const id = next(data[0] === 2 ? 2 : 4);
    next(2); // protection
    const itemType = Buffer.from([next(1), next(1), next(1), next(1)]).toString("latin1");
    if (types.has(id) || ["iovl", "iden"].includes(itemType)) return undefined;
    types.set(id, itemType);
  }
  return types;
}

/** The tiles of all grids, repeated ones included. Undefined when one is not an AV1 image. */
function tilesOf(iref: Buffer | undefined, types: Map<number, string> | undefined) {
  if (!iref) return [];
  const references = boxesOf(iref.subarray(4));
  const idBytes = iref[0] === 0 ? 2 : 4;
  const tiles: number[] = [];
  for (const { data } of references?.filter(({ type }) => type === "dimg") ?? []) {
    const next = numbersOf(data);
    const isGrid = types?.get(next(idBytes)) === "grid";
    const targets = Array.from({ length: next(2) }, () => next(idBytes));
    if (isGrid && !targets.every((id) => types?.get(id) === "av01")) return undefined;
    if (isGrid) tiles.push(...targets);
  }
  return references && tiles;
}

/** The size in pixels that the properties of an item declare. */
function sizeOf(iprp: Buffer, item: number): { width: number; height: number } | undefined {
  const boxes = boxesOf(iprp);
  const container = onlyBox(boxes, "ipco");
  const properties = container && boxesOf(container);
  const associations = boxes?.filter(({ type }) => type === "ipma") ?? [];
  const sizes = associations
    .flatMap((box) => propertiesOf(box, item))
    .flatMap((index) => properties?.[index - 1] ?? [])
    .filter(({ type }) => type === "ispe");
  const [size, ...others] = sizes;
  if (!size || others.length > 0) return undefined;
  return { width: size.data.readUInt32BE(4), height: size.data.readUInt32BE(8) };
}

/** The properties of an item in an `ipma` box: their places in `ipco`, from 1. */
function propertiesOf({ data }: Box, item: number): number[] {
  const [version, isWide] = [data[0], (data[3]! & 1) === 1];
  const next = numbersOf(data.subarray(4));
  const found: number[] = [];
  for (let entries = next(4); entries > 0; entries -= 1) {
    const id = next(version === 0 ? 2 : 4);
    const indexes = Array.from({ length: next(1) }, () => next(isWide ? 2 : 1));
    if (id === item) found.push(...indexes.map((index) => index & (isWide ? 0x7fff : 0x7f)));
  }
  return found;
}
