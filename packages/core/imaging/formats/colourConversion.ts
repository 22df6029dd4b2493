import type { Curve } from "@keepsake/contract/icc/curves";
import type { ColourConversion } from "../../decoderJob.ts";

/** `matrix`: X, Y and Z of red, green and blue, adapted to D50. `curves`: one for all, or one for each. */
export type StatedColours = { matrix: number[][]; curves: [Curve, ...Curve[]] };

/** From a picture in these colours to sRGB. */
export function conversionOf({ matrix, curves }: StatedColours, isGrey: boolean): ColourConversion {
  const lightOf = (curve: Curve) =>
    Float32Array.from({ length: 65_536 }, (_, value) => curve(value / 65_535));
  const [first, ...others] = curves;
  const light: ColourConversion["light"] = [lightOf(first), ...others.map(lightOf)];
  if (isGrey) return { light };
  const rows = fromD50.map((row) => {
    const parts = matrix.map((xyz) => row.reduce((sum, value, at) => sum + value * xyz[at]!, 0));
    return parts as [number, number, number];
  }) as Required<ColourConversion>["matrix"];
  return { light, matrix: rows };
}

/** From X, Y and Z, adapted to D50, to the linear light of sRGB. */
const fromD50 = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
];

/** Of sRGB (IEC 61966-2-1), from a stored value to linear light. */
export const srgbCurve: Curve = (value) =>
  value > 0.04045 ? ((value + 0.055) / 1.055) ** 2.4 : value / 12.92;
