import { crc32 } from "node:zlib";
import { limits } from "@keepsake/contract/limits";
import { holdsOnlyPixels } from "./checkPngPixels.ts";
import { exifOrientation } from "./exif.ts";
import { type PngChunk, pngChunks } from "./pngChunks.ts";

/** Width and height in pixels. `bytes` is the given buffer when nothing was dropped. */
export type StrippedPng = { bytes: Buffer; width: number; height: number };

/**
 * A PNG's own pixels and nothing else (PNG specification, third edition): `IHDR`, `sRGB` where it was, the
 * `IDAT` chunks byte for byte, `IEND`. Undefined when it is not of the plainest kind (8 bits; grey, RGB or
 * RGBA; in sRGB; not interlaced, rotated, or larger than any accepted image), is damaged, or hides data: it
 * must then be encoded anew. Inflates the pixels, which libpng then decodes without a warning.
 */
export async function stripPng(bytes: Buffer): Promise<StrippedPng | undefined> {
  const kept = keptChunks(bytes);
  if (!kept) return undefined;
  const size = kept.reduce((sum, { whole }) => sum + whole.length, signatureBytes);
  const parts = [bytes.subarray(0, signatureBytes), ...kept.map(({ whole }) => whole)];
  const stripped = size === bytes.length ? bytes : Buffer.concat(parts);

  if (!(await holdsOnlyPixels(stripped))) return undefined;
  return {
    bytes: stripped,
    width: bytes.readUInt32BE(16),
    height: bytes.readUInt32BE(20),
  };
}

const signatureBytes = 8;

/** The chunks of the picture in their order; undefined when it is not of the plainest kind. */
function keptChunks(bytes: Buffer): PngChunk[] | undefined {
  const chunks = pngChunks(bytes);
  if (!chunks?.every(hasRightCrc)) return undefined;
  const [first, ...rest] = chunks;
  const last = rest.pop();
  if (first?.type !== "IHDR" || !isPlainHeader(first.data)) return undefined;
  if (last?.type !== "IEND" || last.data.length > 0) return undefined;
  if (!rest.every(isAllowed)) return undefined;

  const pixels = rest.filter(({ type }) => type === "IDAT");
  const start = rest.findIndex(({ type }) => type === "IDAT");
  const isTogether = pixels.length > 0 && rest[start + pixels.length - 1]!.type === "IDAT";
  const srgb = rest.filter(({ type }) => type === "sRGB");
  if (!isTogether || srgb.length > 1 || rest.indexOf(srgb[0]!) > start) return undefined;
  return [first, ...srgb, ...pixels, last];
}

const hasRightCrc = ({ whole }: PngChunk) =>
  crc32(whole.subarray(4, -4)) === whole.readUInt32BE(whole.length - 4);

function isPlainHeader(data: Buffer) {
  if (data.length !== 13) return false;
  const [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
  const [depth, colourType, compression, filter, interlace] = data.subarray(8);
  return (
    width > 0 &&
    height > 0 &&
    width * height <= limits.image_pixels &&
    depth === 8 &&
    plainColourTypes.includes(colourType!) &&
    compression === 0 &&
    filter === 0 &&
    interlace === 0
  );
}

/** Grey, RGB and RGBA. */
const plainColourTypes = [0, 2, 6];

/** False for a chunk without which the picture would look different, and for a damaged one. */
function isAllowed({ type, data }: PngChunk): boolean {
  const rule = rules[type];
  if (rule) return rule(data);
  return (type.charCodeAt(0) & 0x20) !== 0; // ancillary: a decoder may ignore it
}

const rules: Record<string, (data: Buffer) => boolean> = {
  IDAT: () => true,
  sRGB: (data) => data.length === 1 && data[0]! <= 3,
  gAMA: (data) => isNear(data, srgbGamma),
  cHRM: (data) => isNear(data, srgbChromaticities),
  cICP: (data) => data.equals(srgbCodePoints),
  iCCP: () => false,
  tRNS: () => false,
  eXIf: (data) => exifOrientation(data) === 1,
};

/** 1/2.2, and the white point and primaries of ITU-R BT.709, in steps of 1/100,000. */
const srgbGamma = [45_455];
const srgbChromaticities = [31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6_000];

/** Primaries of BT.709, the transfer function of sRGB, RGB, full range (ITU-T H.273). */
const srgbCodePoints = Buffer.from([1, 13, 0, 1]);

/** Whether a chunk has these numbers, each within 0.001. */
const isNear = (data: Buffer, numbers: number[]) =>
  data.length === numbers.length * 4 &&
  numbers.every((number, index) => Math.abs(data.readUInt32BE(index * 4) - number) <= 100);
