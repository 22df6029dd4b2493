import { inflateSync } from "node:zlib";
import { readGreyProfile, readMatrixProfile, srgbMatrix } from "@keepsake/contract/icc/readProfile";
import type { ColourConversion } from "../../decoderJob.ts";
import { coloursOfCodes } from "./cicp.ts";
import { conversionOf, type StatedColours, srgbCurve } from "./colourConversion.ts";
import { type PngChunk, pngChunks } from "./pngChunks.ts";
import { pngProfileChunk } from "./pngProfileChunk.ts";
import { matrixOf } from "./rgbToXyz.ts";

/** A file to decode. `convert` is the step without which its colours are not those that it states. */
export type ColouredFile = { bytes: Buffer; convert?: ColourConversion };

/**
 * A PNG so that it is decoded in the colours that its chunks state. The first of these counts (PNG
 * specification, third edition, section 4.3): `cICP`, `iCCP`, `sRGB`, `gAMA` and `cHRM`. Without `gAMA`, the
 * curve is sRGB's; without `cHRM`, the primaries are. sharp converts a picture by its ICC profile only, so
 * such a one replaces them, and LittleCMS is exact only for 8 bits in colour: others are converted by numbers.
 */
export function inStatedColours(png: Buffer): ColouredFile {
  const [first, ...rest] = pngChunks(png) ?? [];
  if (first?.type !== "IHDR" || first.data.length !== 13) return { bytes: png };
  const [depth, colourType] = first.data.subarray(8);
  const isGrey = (colourType! & 2) === 0;
  const isByNumbers = isGrey || depth === 16;

  const colours = statedColours(rest, (profile) => {
    if (!isByNumbers) return undefined;
    return isGrey ? readGreyProfile(profile) : readMatrixProfile(profile);
  });
  if (!colours) return { bytes: png };
  const profile = colours === "srgb" || isByNumbers ? [] : [pngProfileChunk(colours)];
  const kept = rest.filter(({ type }) => !colourChunks.includes(type));
  const bytes = Buffer.concat([
    ...[png.subarray(0, 8), first.whole, ...profile],
    ...kept.map(({ whole }) => whole),
  ]);
  if (colours === "srgb" || !isByNumbers) return { bytes };
  return { bytes, convert: conversionOf(colours, isGrey) };
}

const colourChunks = ["cICP", "iCCP", "sRGB", "gAMA", "cHRM"];

/** Undefined when the decoder reads the picture as they state. */
function statedColours(
  chunks: PngChunk[],
  readProfile: (profile: Buffer) => StatedColours | undefined,
): StatedColours | "srgb" | undefined {
  const end = chunks.findIndex(({ type }) => type === "PLTE" || type === "IDAT");
  const inOrder = chunks.slice(0, Math.max(0, end)).toReversed(); // decoders take the first of a type
  const stated = new Map(inOrder.map(({ type, data }) => [type, data]));
  const codes = stated.get("cICP");
  const coded = codes && coloursOfCodes(codes);
  if (coded) return coded;
  const profile = stated.get("iCCP");
  if (profile) return readProfile(inflatedProfile(profile));
  if (stated.has("sRGB")) return undefined;

  const exponent = exponentOf(stated.get("gAMA"));
  const matrix = primariesOf(stated.get("cHRM")) ?? srgbMatrix;
  const isSrgb = matrix
    .flat()
    .every((value, at) => Math.abs(value - srgbMatrix.flat()[at]!) <= 0.001);
  if (isSrgb && (exponent === undefined || Math.abs(exponent - 2.2) < 0.01)) return undefined;
  return { matrix, curves: [exponent === undefined ? srgbCurve : (value) => value ** exponent] };
}

/** The profile of an `iCCP` chunk: after its name, a zero and the method, which is 0. Empty when it is damaged. */
function inflatedProfile(data: Buffer): Buffer {
  try {
    return inflateSync(data.subarray(data.indexOf(0) + 2), { maxOutputLength: maxProfileBytes });
  } catch {
    return Buffer.alloc(0);
  }
}

/** Profiles with tables have up to 2 MB. */
const maxProfileBytes = 4_000_000;

/** Of the power function that a `gAMA` chunk states; undefined when no display has such a one. */
function exponentOf(data: Buffer | undefined): number | undefined {
  if (data?.length !== 4) return undefined;
  const exponent = 100_000 / data.readUInt32BE(0);
  return exponent >= 0.2 && exponent <= 5 ? exponent : undefined;
}

function primariesOf(data: Buffer | undefined): number[][] | undefined {
  if (data?.length !== 32) return undefined;
  return matrixOf(Array.from({ length: 8 }, (_, at) => data.readUInt32BE(at * 4) / 100_000));
}
