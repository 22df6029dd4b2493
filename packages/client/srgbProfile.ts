import { binaryText } from "./binaryText.ts";

/**
 * Whether a colour profile (ICC.1:2022) means the same as none: it is that of an RGB display with sRGB's
 * colours and, as far as a few of its points say, sRGB's curve. The server looks at all of the curve.
 */
export function isSrgbProfile(profile: Uint8Array): boolean {
  const view = new DataView(profile.buffer, profile.byteOffset, profile.length);
  const tags = new Map<string, number>();
  const count = view.getUint32(128);
  for (let at = 132; at < 132 + 12 * count; at += 12)
    tags.set(binaryText(profile, at, 4), view.getUint32(at + 4));
  // with a lookup table, the matrix is not all that a colour engine reads
  if (tags.size < count || /A2B|B2A|D2B|B2D|gamt|cicp/.test(`${[...tags.keys()]}`)) return false;

  const isNear = (value: number, expected: number) => Math.abs(value - expected) < 0.001;
  const fixed = (at: number) => view.getInt32(at) / 65_536;
  return (
    binaryText(profile, 12, 8) === "mntrRGB " &&
    ["r", "g", "b"].every((colour, index) => {
      const xyz = tags.get(`${colour}XYZ`)! + 8;
      const curve = tags.get(`${colour}TRC`)! + 8;
      const isParametric = binaryText(profile, curve - 8, 4) === "para";
      const last = view.getUint32(curve) - 1;
      return (
        matrix[index]!.every((value, axis) => isNear(fixed(xyz + 4 * axis), value)) &&
        (isParametric
          ? view.getUint16(curve) === 3 && isNear(fixed(curve + 4), 2.4)
          : last > 255 &&
            curvePoints.every(([stored, light]) =>
              isNear(view.getUint16(curve + 4 + 2 * Math.round(stored * last)) / 65_535, light),
            ))
      );
    })
  );
}

/** X, Y and Z of sRGB's red, green and blue, adapted to D50. */
const matrix = [
  [0.43607, 0.22249, 0.01392],
  [0.38515, 0.71687, 0.09708],
  [0.14307, 0.06061, 0.7141],
];

/** Of sRGB: other curves differ from it by more than 0.001 at one of these. */
const curvePoints = [
  [0.1, 0.01],
  [0.5, 0.214],
] as const;
