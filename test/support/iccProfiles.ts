import { latin1, uint32be } from "../security/hostile/byteHelpers.ts";

/** X, Y and Z of red, green and blue, adapted to D50. */
export const srgb = [
  [0.43607, 0.22249, 0.01392],
  [0.38515, 0.71687, 0.09708],
  [0.14307, 0.06061, 0.7141],
];
export const displayP3 = [
  [0.51512, 0.2412, -0.00105],
  [0.29198, 0.69225, 0.04189],
  [0.1571, 0.06657, 0.78407],
];
export const adobeRgb = [
  [0.60974, 0.31111, 0.01947],
  [0.20528, 0.62567, 0.06087],
  [0.14919, 0.06322, 0.74457],
];
export const proPhoto = [
  [0.79767, 0.28804, 0],
  [0.13519, 0.71188, 0],
  [0.03134, 0.00009, 0.82491],
];

export const srgbParameters = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045];
export const srgbCurve = (value: number) =>
  value > 0.04045 ? ((value + 0.055) / 1.055) ** 2.4 : value / 12.92;

/** With another X of red. */
export const moved = (colours: number[][], by: number) =>
  colours.map((row, index) => (index === 0 ? [row[0]! + by, ...row.slice(1)] : row));

const fixed = (...values: number[]) =>
  uint32be(...values.map((value) => Math.round(value * 65_536) >>> 0));
const tag = (type: string, ...data: Buffer[]) =>
  Buffer.concat([latin1(type), uint32be(0), ...data]);
export const text = (value: string) => tag("text", latin1(value.padEnd(8, "\0")));
export const gamma = (steps: number) =>
  tag("curv", uint32be(1), Buffer.from([steps >> 8, steps & 255, 0, 0]));
export const parametric = (kind: number, ...parameters: number[]) =>
  tag("para", Buffer.from([0, kind, 0, 0]), fixed(...parameters));
export const sampled = (values: number[]) =>
  tag(
    "curv",
    uint32be(values.length),
    Buffer.from(Uint16Array.from(values, (value) => Math.round(value * 65_535)).buffer).swap16(),
  );

/** A profile as cameras write them: nine numbers, a curve, a name, and other tags. */
export function profile(
  colours: readonly number[][],
  curve: Buffer,
  more: Record<string, Buffer> = {},
) {
  const [red, green, blue] = colours.map((xyz) => tag("XYZ ", fixed(...xyz)));
  const tags = Object.entries({
    ...{ desc: text("a name"), cprt: text("maker"), wtpt: tag("XYZ ", fixed(0.9642, 1, 0.8249)) },
    ...{ rXYZ: red!, gXYZ: green!, bXYZ: blue!, rTRC: curve, gTRC: curve, bTRC: curve, ...more },
  });
  let at = 132 + 12 * tags.length;
  const entries = tags.map(([name, data]) => {
    at += data.length;
    return Buffer.concat([latin1(name), uint32be(at - data.length, data.length)]);
  });
  const head = Buffer.alloc(128);
  head.writeUInt32BE(at, 0);
  head.write("\x02\x10\0\0mntrRGB XYZ ", 8, "latin1");
  head.write("acsp", 36);
  fixed(0.9642, 1, 0.8249).copy(head, 68);
  return Buffer.concat([head, uint32be(tags.length), ...entries, ...tags.map(([, data]) => data)]);
}

/** A JPEG with a colour profile. */
export function withProfile(jpeg: Buffer, icc: Buffer): Buffer {
  const head = Buffer.from([0xff, 0xe2, 0, 0]);
  head.writeUInt16BE(2 + 14 + icc.length, 2);
  const segment = [head, latin1("ICC_PROFILE\0\x01\x01"), icc];
  return Buffer.concat([jpeg.subarray(0, 2), ...segment, jpeg.subarray(2)]);
}
