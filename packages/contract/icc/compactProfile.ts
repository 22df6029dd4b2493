import { type Curve, curveOf, transferOf } from "./curves.ts";
import { type DisplayColours, writeProfile } from "./writeProfile.ts";

/**
 * What may be published in place of a colour profile (ICC.1:2022), which is recognised by its numbers and
 * not by its name: "srgb" when it means the same as none, else a profile of our own with its nine
 * colourants, rounded to four decimals, and its transfer curve (Chromium then shows the same colours within
 * ±2 of 255). Undefined when it is not an RGB matrix profile of a display with such a curve: the picture
 * must be converted.
 */
export function compactProfile(profile: Buffer): Buffer | "srgb" | undefined {
  const colours = readProfile(profile);
  if (!colours) return undefined;
  const { matrix, transfer } = colours;
  if (transfer === "srgb" && furthest(matrix, srgbMatrix) <= 0.001) return "srgb";
  return writeProfile(colours);
}

/**
 * The profile in the ICC_PROFILE segments of a JPEG (ICC.1:2022, B.4), given without their first 12 bytes:
 * each begins with its number, from 1, and their count. Undefined when one is missing or occurs twice.
 */
export function joinProfile(segments: Buffer[]): Buffer | undefined {
  const inOrder = segments.toSorted((one, other) => (one[0] ?? 0) - (other[0] ?? 0));
  const isWhole = inOrder.every(([number, count], index) => {
    return number === index + 1 && count === segments.length;
  });
  return isWhole ? Buffer.concat(inOrder.map((segment) => segment.subarray(2))) : undefined;
}

/** X, Y and Z of sRGB's red, green and blue, adapted to D50. */
export const srgbMatrix = [
  [0.43607, 0.22249, 0.01392],
  [0.38515, 0.71687, 0.09708],
  [0.14307, 0.06061, 0.7141],
];

const d50 = [0.9642, 1, 0.8249];

function readProfile(profile: Buffer): DisplayColours | undefined {
  const tags = tagsOf(profile);
  if (!tags || [...tags.keys()].some((name) => lookupTags.test(name))) return undefined;
  const colourants = ["rXYZ", "gXYZ", "bXYZ"].map((name) => xyzOf(tags.get(name)));
  const curves = ["rTRC", "gTRC", "bTRC"].map((name) => curveOf(tags.get(name)));
  if (!areKnown(colourants) || !areKnown<Curve>(curves)) return undefined;

  // a profile whose white is not D50 shows no picture as its sender saw it
  const white = d50.map((_, axis) => colourants.reduce((sum, xyz) => sum + xyz[axis]!, 0));
  if (furthest([white], [d50]) > 0.003) return undefined;
  const transfer = transferOf(curves);
  return transfer === undefined ? undefined : { matrix: colourants, transfer };
}

/** With one of these, the matrix is not all that a colour engine reads. */
const lookupTags = /^(A2B|B2A|D2B|B2D|gamt|cicp)/;

/** The tags of a profile of an RGB display by name: views of its bytes. */
function tagsOf(profile: Buffer): Map<string, Buffer> | undefined {
  if (profile.length < 132 || profile.readUInt32BE(0) !== profile.length) return undefined;
  const ascii = (from: number, to: number) => profile.toString("latin1", from, to);
  if (ascii(12, 24) !== "mntrRGB XYZ " || ascii(36, 40) !== "acsp") return undefined;

  const count = profile.readUInt32BE(128);
  if (count > maxTags || 132 + 12 * count > profile.length) return undefined;
  const tags = new Map<string, Buffer>();
  for (let at = 132; at < 132 + 12 * count; at += 12) {
    const [from, length] = [profile.readUInt32BE(at + 4), profile.readUInt32BE(at + 8)];
    if (from + length > profile.length) return undefined;
    tags.set(ascii(at, at + 4), profile.subarray(from, from + length));
  }
  return tags.size === count ? tags : undefined;
}

/** Profiles of displays have about 20. */
const maxTags = 100;

/** Rounded before any check, so that what is published is answered in the same way when it is sent again. */
function xyzOf(tag: Buffer | undefined): number[] | undefined {
  if (!tag || tag.length < 20 || tag.toString("latin1", 0, 4) !== "XYZ ") return undefined;
  return [8, 12, 16].map((at) => fourDecimals(tag.readInt32BE(at) / 65_536));
}

/** The largest difference of two numbers in the same place. */
const furthest = (one: number[][], other: number[][]) =>
  Math.max(...one.flatMap((row, y) => row.map((value, x) => Math.abs(value - other[y]![x]!))));

const fourDecimals = (value: number) => Math.round(value * 10_000) / 10_000;

const areKnown = <T>(values: (T | undefined)[]): values is T[] => !values.includes(undefined);
