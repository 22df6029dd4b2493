import { crc32, deflateSync } from "node:zlib";
import type { Curve } from "@keepsake/contract/icc/curves";
import { rgbProfile, tag } from "@keepsake/contract/icc/writeProfile";
import type { StatedColours } from "./colourConversion.ts";

/** An `iCCP` chunk for a PNG of 8 bits: the curve is a table with an entry for each of its values. */
export function pngProfileChunk({ matrix, curves: [curve] }: StatedColours): Buffer {
  const profile = rgbProfile(matrix, tableTag(curve));
  const name = Buffer.from("iCCPcolours\0\0", "latin1"); // with the chunk's type
  const body = Buffer.concat([name, deflateSync(profile)]);
  const whole = Buffer.concat([Buffer.alloc(4), body, Buffer.alloc(4)]);
  whole.writeUInt32BE(body.length - 4, 0);
  whole.writeUInt32BE(crc32(body), whole.length - 4);
  return whole;
}

/** A `curv` tag: pairs of numbers of 16 bits. */
function tableTag(curve: Curve): string {
  const value = (index: number) => Math.round(65_535 * curve(index / 255));
  const pairs = Array.from(
    { length: 128 },
    (_, pair) => value(2 * pair) * 65_536 + value(2 * pair + 1),
  );
  return tag("curv", 256, ...pairs);
}
