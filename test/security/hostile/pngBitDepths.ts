import { deflateSync } from "node:zlib";
import { chunk, header, pngOf } from "../../support/images.ts";
import { channels, kinds, rowSizes } from "../support/referenceChecks.ts";
import { noise } from "./byteHelpers.ts";
import {
  type HostileImage,
  type Outcomes,
  reencoded,
  rejectedByDecoder,
  unchanged,
} from "./hostileImage.ts";
import { flipped, withChunks } from "./pngs.ts";

const colourNames: Record<number, string> = {
  0: "grey",
  2: "RGB",
  3: "palette",
  4: "grey and alpha",
  6: "RGBA",
};

/** PNGs of every bit depth, colour type and interlacing, and of every zlib window. */
export const pngKinds: HostileImage[] = [
  ...kinds.flatMap(([depth, colour]) =>
    [false, true].map((interlaced): HostileImage => {
      const isPlain = depth === 8 && [0, 2, 6].includes(colour) && !interlaced;
      return {
        name: `a PNG of ${depth} bits in ${colourNames[colour]}${interlaced ? ", interlaced" : ""}`,
        bytes: () => pngOfKind(depth, colour, interlaced),
        ...(isPlain ? unchanged : reencoded("image/png")),
      };
    }),
  ),
  ...[8, 9, 10, 11, 12, 13, 14, 15].map((bits): HostileImage => {
    const outcomes: Record<number, Outcomes> = {
      8: rejectedByDecoder("image.damaged"), // its stream reaches back 1,552 bytes
      9: rejectedByDecoder("image.damaged"),
      10: rejectedByDecoder("image.damaged"),
      11: reencoded("image/png"), // of 3,104 bytes
    };
    return {
      name: `a PNG whose zlib stream states a window of ${2 ** bits} bytes`,
      bytes: () => withWindow(bits),
      ...(outcomes[bits] ?? unchanged),
    };
  }),
  ...["tEXt", "pHYs", "sRGB", "prIv"].map(
    (type): HostileImage => ({
      name: `a PNG with a wrong CRC in its ${type} chunk`,
      bytes: () => {
        const data = chunk(type, Buffer.alloc(type === "pHYs" ? 9 : 1));
        return withChunks("IDAT", flipped(data, data.length - 1));
      },
      ...reencoded("image/png"), // decoders may ignore such a chunk
    }),
  ),
];

function pngOfKind(depth: number, colour: number, interlaced: boolean): Buffer {
  const ihdr = header(33, 21, depth, colour);
  ihdr[20] = Number(interlaced);
  const rows = rowSizes(33, 21, depth * channels[colour]!, interlaced).map((bytes, row) => {
    const pixels = Buffer.from(noise(`${depth} ${colour} ${row}`, bytes));
    pixels[0] = 0;
    return pixels;
  });
  return pngOf(
    chunk("IHDR", ihdr.subarray(8, 21)),
    ...(colour === 3 ? [chunk("PLTE", noise("palette", 3 * 2 ** depth))] : []),
    chunk("IDAT", deflateSync(Buffer.concat(rows))),
    chunk("IEND"),
  );
}

/** Rows that repeat after 1,552 bytes, in a stream that states a window of 2 to the power of `bits`. */
function withWindow(bits: number): Buffer {
  const row = (y: number) => Buffer.concat([Buffer.alloc(1), noise(`${y % 16}`, 96)]);
  const packed = deflateSync(Buffer.concat(Array.from({ length: 32 }, (_, y) => row(y))));
  packed[0] = ((bits - 8) << 4) | 8;
  packed[1] = 31 - ((packed[0] * 256) % 31);
  return pngOf(header(32, 32), chunk("IDAT", packed), chunk("IEND"));
}
