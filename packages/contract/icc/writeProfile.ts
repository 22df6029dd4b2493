import type { Transfer } from "./curves.ts";

/** `matrix`: X, Y and Z of red, green and blue, adapted to D50. */
export type DisplayColours = { matrix: number[][]; transfer: Transfer };

/** A profile of an RGB display (ICC.1:2022) with these numbers, of at most 396 bytes, equal for equal ones. */
export const writeProfile = ({ matrix, transfer }: DisplayColours): Uint8Array<ArrayBuffer> =>
  rgbProfile(matrix, transferTag(transfer));

// The bytes are characters of a string until the end: so it takes little code, which browsers load.

/** The same with a `curv` or `para` tag of any curve. */
export function rgbProfile(matrix: number[][], curve: string): Uint8Array<ArrayBuffer> {
  const text = `${tag("mluc", 1, 12)}enUS${uint32(2)}${uint32(28)}\0k\0\0`;
  const colourants = matrix.map((xyz) => tag("XYZ ", ...xyz.map(fixed)));
  const data = [text, tag("XYZ ", ...d50.map(fixed)), ...colourants, curve];
  const names = ["desc cprt", "wtpt", "rXYZ", "gXYZ", "bXYZ", "rTRC gTRC bTRC"];

  let end = 128 + 4 + 12 * 9;
  const entries = names.flatMap((sharing, index) => {
    const { length } = data[index]!;
    const place = uint32(end) + uint32(length);
    end += length;
    return sharing.split(" ").map((name) => name + place);
  });
  const all = [header(end), uint32(9), ...entries, ...data].join("");
  return Uint8Array.from(all, (byte) => byte.charCodeAt(0));
}

/** Of version 4.4. A date is required: the first of January 2026. */
const header = (bytes: number) =>
  `${uint32(bytes)}\0\0\0\0\x04\x40\0\0mntrRGB XYZ \x07\xea\0\x01\0\x01\0\0\0\0\0\0acsp${"\0".repeat(28)}${d50.map((value) => uint32(fixed(value))).join("")}${"\0".repeat(48)}`;

export const d50 = [0.9642, 1, 0.8249];

/** A `para` tag of kind 3, or 0 for a power function. */
const transferTag = (transfer: Transfer) =>
  transfer === "srgb"
    ? tag("para", 0x30000, ...srgbParameters.map(fixed))
    : tag("para", 0, fixed(transfer));

const srgbParameters = [2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045];

/** A tag of numbers of 32 bits: every tag begins at a multiple of 4 bytes. */
export const tag = (type: string, ...words: number[]) =>
  `${type}\0\0\0\0${words.map(uint32).join("")}`;

/** A number as ICC's `s15Fixed16Number`. */
const fixed = (value: number) => Math.round(value * 65_536);

const uint32 = (value: number) =>
  String.fromCharCode((value >> 24) & 255, (value >> 16) & 255, (value >> 8) & 255, value & 255);
