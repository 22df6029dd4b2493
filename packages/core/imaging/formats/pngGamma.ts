import { crc32, deflateSync } from "node:zlib";
import { srgbMatrix } from "@keepsake/contract/icc/compactProfile";
import { writeGreyProfile, writeProfile } from "@keepsake/contract/icc/writeProfile";
import { pngChunks } from "./pngChunks.ts";

/**
 * A PNG whose `gAMA` is not sRGB's, with a colour profile that says the same in its place: browsers show the
 * picture by either, and the decoder converts it by the profile only (not grey of 16 bits). Any other file is
 * returned as it is, also one that states its primaries, whose gamma is then lost.
 */
export function withProfileOfGamma(png: Buffer): Buffer {
  const chunks = pngChunks(png);
  const [first, ...rest] = chunks ?? [];
  const types = rest.map(({ type }) => type);
  const gamma = rest[types.indexOf("gAMA")]?.data;
  if (first?.type !== "IHDR" || gamma?.length !== 4) return png;
  if (["sRGB", "iCCP", "cICP", "cHRM"].some((type) => types.includes(type))) return png;

  const exponent = 100_000 / gamma.readUInt32BE(0);
  if (Math.abs(exponent - 2.2) < 0.01 || exponent < 0.2 || exponent > 5) return png;
  const isInColour = ((first.data[9] ?? 0) & 2) !== 0;
  const profile = isInColour
    ? writeProfile({ matrix: srgbMatrix, transfer: exponent })
    : writeGreyProfile(exponent);
  const name = Buffer.from("gamma\0\0", "latin1");
  return Buffer.concat([
    ...[png.subarray(0, 8), first.whole, chunk("iCCP", name, deflateSync(profile))],
    ...rest.filter(({ type }) => type !== "gAMA").map(({ whole }) => whole),
  ]);
}

function chunk(type: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), ...parts]);
  const whole = Buffer.concat([Buffer.alloc(4), body, Buffer.alloc(4)]);
  whole.writeUInt32BE(body.length - 4, 0);
  whole.writeUInt32BE(crc32(body), whole.length - 4);
  return whole;
}
