import type { Curve } from "@keepsake/contract/icc/curves";
import { type StatedColours, srgbCurve } from "./colourConversion.ts";
import { type Chromaticities, matrixOf } from "./rgbToXyz.ts";

/**
 * The colours that code points state (ITU-T H.273, tables 2 and 3), as the data of a PNG's `cICP` chunk:
 * primaries, transfer function, matrix, full range. Undefined for codes that do not exist or that PNG does
 * not allow: browsers then look at the next chunk that states colours.
 */
export function coloursOfCodes(codes: Uint8Array): StatedColours | "srgb" | undefined {
  const [primary, transfer, matrixCode, range] = codes;
  const chromaticities = primaries[primary!];
  const full = transfers[transfer!];
  if (codes.length !== 4 || matrixCode !== 0 || range! > 1 || !chromaticities || !full)
    return undefined;
  if (primary === 1 && transfer === 13 && range === 1) return "srgb";
  // narrow range (BT.2100, table 9): black at 16 and white at 235 of 255
  const curve: Curve = range === 1 ? full : (value) => full(unit((value * 255 - 16) / 219));
  return { matrix: matrixOf(chromaticities)!, curves: [curve] };
}

const d65 = [0.3127, 0.329];
const bt709 = [...d65, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06];
const smpte170 = [...d65, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07];

/** The x and y of white, red, green and blue. */
const primaries: Record<number, Chromaticities> = {
  1: bt709,
  4: [0.31, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08],
  5: [...d65, 0.64, 0.33, 0.29, 0.6, 0.15, 0.06],
  6: smpte170,
  7: smpte170,
  8: [0.31, 0.316, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049],
  9: [...d65, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046],
  10: [1 / 3, 1 / 3, 1, 0, 0, 1, 0, 0],
  11: [0.314, 0.351, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06],
  12: [...d65, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06],
  22: [...d65, 0.63, 0.34, 0.295, 0.605, 0.155, 0.077],
};

const unit = (value: number) => Math.min(1, Math.max(0, value));

/** What a screen makes of BT.709, BT.601 and BT.2020 (BT.1886), and what Chromium shows. */
const video: Curve = (value) => value ** 2.4;

/** SMPTE ST 2084, in candelas per square metre. */
function pq(value: number): number {
  const power = value ** (1 / 78.84375);
  return (
    10_000 *
    (Math.max(0, power - 0.8359375) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125)
  );
}

/** The light of a scene of BT.2100's Hybrid Log-Gamma, from 0 to 1. */
const hlg = (value: number) =>
  value <= 0.5 ? value ** 2 / 3 : (Math.exp((value - 0.55991073) / 0.17883277) + 0.28466892) / 12;

/**
 * What a screen shows of candelas per square metre: up to 203, the reference white of BT.2408, half of its
 * own white at most, and ever less of more, up to 1,000. So Chromium shows it, within 4 of 255 in greys.
 */
function toned(light: number): number {
  const value = light / 406;
  if (value <= 0.5) return value;
  // a Bézier curve from (0.5, 0.5) by (0.8, 0.8) to (1000 / 406, 1)
  const end = 1_000 / 406;
  if (value >= end) return 1;
  const [a, b, c] = [0.5 - 1.6 + end, 2 * (0.8 - 0.5), 0.5 - value];
  const t = (Math.sqrt(b * b - 4 * a * c) - b) / (2 * a);
  return 0.5 + b * t - 0.1 * t * t;
}

const transfers: Record<number, Curve> = {
  1: video,
  4: (value) => value ** 2.2,
  5: (value) => value ** 2.8,
  6: video,
  7: (value) => (value < 0.0913 ? value / 4 : ((value + 0.1115) / 1.1115) ** (1 / 0.45)),
  8: (value) => value,
  11: video,
  13: srgbCurve,
  14: video,
  15: video,
  16: (value) => toned(pq(value)),
  17: (value) => unit((52.37 / 48) * value ** 2.6),
  18: (value) => toned(1_000 * hlg(value) ** 1.2),
};
