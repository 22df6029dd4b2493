import { type Curve, curveOf } from "./curves.ts";
import { d50 } from "./writeProfile.ts";

/** X, Y and Z of sRGB's red, green and blue, adapted to D50. */
export const srgbMatrix = [
  [0.43607, 0.22249, 0.01392],
  [0.38515, 0.71687, 0.09708],
  [0.14307, 0.06061, 0.7141],
];

/** One for all colours, or one for each. */
type Curves = [Curve, ...Curve[]];

/** The colourants and the three curves of an RGB matrix profile of a display. */
export function readMatrixProfile(
  profile: Uint8Array,
): { matrix: number[][]; curves: Curves } | undefined {
  const tags = tagsOf(profile, "RGB ");
  if (!tags || [...tags.keys()].some((name) => lookupTags.test(name))) return undefined;
  const matrix = [..."rgb"].map((colour) => xyzOf(tags.get(`${colour}XYZ`)));
  const curves = [..."rgb"].map((colour) => curveOf(tags.get(`${colour}TRC`)));
  if (!areKnown(matrix) || !areKnown<Curve>(curves)) return undefined;

  // a profile whose white is not D50 shows no picture as its sender saw it
  const white = d50.map((_, axis) => matrix.reduce((sum, xyz) => sum + xyz[axis]!, 0));
  return furthest([white], [d50]) > 0.003 ? undefined : { matrix, curves: curves as Curves };
}

/** The curve of a profile of a grey display. */
export function readGreyProfile(
  profile: Uint8Array,
): { matrix: number[][]; curves: Curves } | undefined {
  const tags = tagsOf(profile, "GRAY");
  const curve = curveOf(tags?.get("kTRC"));
  const isPlain = tags && ![...tags.keys()].some((name) => lookupTags.test(name));
  return isPlain && curve ? { matrix: srgbMatrix, curves: [curve] } : undefined;
}

/** With one of these, the matrix is not all that a colour engine reads. */
const lookupTags = /^(A2B|B2A|D2B|B2D|gamt|cicp)/;

/** The tags of a profile of a display in these colours, `RGB ` or `GRAY`, by name: views of its bytes. */
function tagsOf(profile: Uint8Array, space: string): Map<string, DataView> | undefined {
  const view = new DataView(profile.buffer, profile.byteOffset, profile.length);
  const ascii = (from: number, to: number) => String.fromCharCode(...profile.subarray(from, to));
  if (profile.length < 132 || view.getUint32(0) !== profile.length) return undefined;
  if (ascii(12, 24) !== `mntr${space}XYZ ` || ascii(36, 40) !== "acsp") return undefined;

  const count = view.getUint32(128);
  if (count > maxTags || 132 + 12 * count > profile.length) return undefined;
  const tags = new Map<string, DataView>();
  for (let at = 132; at < 132 + 12 * count; at += 12) {
    const [from, length] = [view.getUint32(at + 4), view.getUint32(at + 8)];
    if (from + length > profile.length) return undefined;
    tags.set(ascii(at, at + 4), new DataView(profile.buffer, profile.byteOffset + from, length));
  }
  return tags.size === count ? tags : undefined;
}

/** Profiles of displays have about 20. */
const maxTags = 100;

/** Rounded before any check, so that what is published is answered in the same way when it is sent again. */
function xyzOf(tag: DataView | undefined): number[] | undefined {
  if (!tag || tag.byteLength < 20 || tag.getUint32(0) !== xyzType) return undefined;
  return [8, 12, 16].map((at) => fourDecimals(tag.getInt32(at) / 65_536));
}

const xyzType = 0x58595a20;

/** The largest difference of two numbers in the same place. */
export const furthest = (one: number[][], other: number[][]) =>
  Math.max(...one.flatMap((row, y) => row.map((value, x) => Math.abs(value - other[y]![x]!))));

const fourDecimals = (value: number) => Math.round(value * 10_000) / 10_000;

const areKnown = <T>(values: (T | undefined)[]): values is T[] => !values.includes(undefined);
