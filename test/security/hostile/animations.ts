import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { header, chunk as pngChunk, pngOf } from "../../support/images.ts";
import { latin1, noise, uint16le, uint32be } from "./byteHelpers.ts";
import { frame, gif, moving } from "./gifs.ts";
import {
  type HostileImage,
  reencoded,
  rejectedByDecoder,
  rejectedByHeader,
  stripped,
} from "./hostileImage.ts";
import { pictureChunks, rows } from "./pngs.ts";
import { animatedWebp } from "./slowImages.ts";
import { canvas, chunk, riff } from "./webps.ts";

/** Animations within the bounds (300 frames, 40 megapixels over all frames), beyond them, and damaged. */
export const animations: HostileImage[] = [
  ...[2, 20].map(
    (count): HostileImage => ({
      name: `a GIF of ${count} frames`,
      bytes: () => gif({ frames: some(count) }),
      ...reencoded("image/webp"),
      frames: count,
    }),
  ),
  {
    name: "a GIF of 300 frames",
    bytes: () => gif({ screen: [16, 16], frames: some(300, 16) }),
    ...reencoded("image/webp"),
    frames: 300,
  },
  {
    name: "a GIF of 301 frames",
    bytes: () => gif({ screen: [16, 16], frames: some(301, 16) }),
    ...reencoded("image/png"),
    dropsAnimation: true,
  },
  {
    name: "a GIF of 60,000 frames",
    bytes: () => gif({ screen: [16, 16], frames: Array<Buffer>(60_000).fill(frame(1, 1)) }),
    ...reencoded("image/png"),
    dropsAnimation: true,
  },
  {
    name: "a GIF of 12 tiny frames on a screen of 4 megapixels",
    bytes: () => gif({ screen: [2_000, 2_000], frames: some(12, 16) }),
    ...reencoded("image/png"),
    dropsAnimation: true,
  },
  {
    name: "a GIF whose second frame is outside its screen",
    bytes: () => gif({ frames: [moving("one"), frame(16, 16, undefined, [60_000, 60_000])] }),
    ...reencoded("image/png"),
    dropsAnimation: true,
  },
  {
    name: "a GIF whose second frame is a little outside its screen",
    bytes: () => gif({ frames: [moving("one"), frame(16, 16, undefined, [24, 24])] }),
    ...reencoded("image/webp"),
    frames: 2,
  },
  {
    name: "a GIF whose second frame is cut off",
    bytes: () => gif({ frames: [moving("one"), moving("two").subarray(0, 300)] }).subarray(0, -1),
    ...reencoded("image/png"),
    dropsAnimation: true,
  },
  {
    name: "a GIF whose second frame is not coded as it should be",
    bytes: () => gif({ frames: [moving("one"), frame(32, 32, Buffer.alloc(400, 0xfe))] }),
    ...rejectedByDecoder("image.damaged"),
    portrait: "image/png", // of the first frame
  },
  ...[1, 2, 3, 7].map(
    (disposal): HostileImage => ({
      name: `a GIF whose frames are removed in way ${disposal}`,
      bytes: () => {
        const control = Buffer.from([0x21, 0xf9, 4, disposal << 2, 1, 0, 0, 0]);
        const frames = ["one", "two", "three"].flatMap((seed) => [control, moving(seed)]);
        return gif({ frames });
      },
      ...reencoded("image/webp"),
      frames: 3,
    }),
  ),
  ...[2, 300].map(
    (count): HostileImage => ({
      name: `a WebP of ${count} frames`,
      bytes: () => differentFrames(count),
      ...reencoded("image/webp"),
      frames: count,
    }),
  ),
  ...[301, 60_000].map(
    (count): HostileImage => ({
      name: `a WebP of ${count.toLocaleString("en")} frames`,
      bytes: () => animatedWebp(count),
      ...rejectedByDecoder("image.too_complex"),
    }),
  ),
  {
    name: "a WebP of one frame that says that it is an animation",
    bytes: () => riff(extendedHeader(16, 16), loop, onePixel(0, 0)),
    ...reencoded("image/webp"),
  },
  {
    name: "a WebP of 12 tiny frames on a canvas of 4 megapixels",
    bytes: () =>
      riff(extendedHeader(2_000, 2_000), loop, ...Array<Buffer>(12).fill(onePixel(0, 0))),
    ...reencoded("image/webp"),
    dropsAnimation: true,
  },
  {
    name: "a WebP of tiny frames on a canvas of 16,384 pixels a side",
    bytes: () => riff(extendedHeader(16_384, 16_384), loop, onePixel(0, 0), onePixel(0, 0)),
    ...rejectedByHeader("image.bad_dimensions"),
  },
  {
    name: "a WebP with a frame outside its canvas",
    bytes: () => riff(extendedHeader(16, 16), loop, onePixel(0, 0), onePixel(16, 0)),
    ...rejectedByDecoder("image.damaged"),
  },
  {
    name: "a WebP with a frame that has another size than it declares",
    bytes: () => riff(extendedHeader(16, 16), loop, onePixel(0, 0), onePixel(0, 0, 8)),
    ...rejectedByDecoder("image.damaged"),
  },
  {
    name: "a WebP with a frame without a picture",
    bytes: () =>
      riff(extendedHeader(16, 16), loop, onePixel(0, 0), chunk("ANMF", Buffer.alloc(16))),
    ...rejectedByDecoder("image.damaged"),
  },
  {
    name: "a WebP with frames, of which none is declared",
    bytes: () => riff(extendedHeader(16, 16, 0), loop, onePixel(0, 0)),
    ...rejectedByDecoder("image.damaged"),
  },
  {
    name: "a WebP whose frames come before its loop",
    bytes: () => riff(extendedHeader(16, 16), onePixel(0, 0), loop),
    ...rejectedByDecoder("image.damaged"),
  },
  {
    name: "an animated PNG of 3,000 frames",
    bytes: () => {
      const [ihdr, idat, iend] = pictureChunks();
      const frames = Array.from({ length: 3_000 }, (_, index) => [
        pngChunk("fcTL", frameControl(2 * index + 1, 32)),
        pngChunk("fdAT", Buffer.concat([uint32be(2 * index + 2), deflateSync(rows(1, 1, 3))])),
      ]).flat();
      const control = pngChunk("acTL", uint32be(3_001, 0));
      return pngOf(ihdr!, control, pngChunk("fcTL", frameControl(0, 32)), idat!, ...frames, iend!);
    },
    ...stripped,
    dropsAnimation: true,
  },
  {
    name: "an animated PNG whose second frame is a decompression bomb",
    bytes: () => {
      const [ihdr, idat, iend] = pictureChunks();
      const bomb = deflateSync(Buffer.alloc(30_000_000), { level: 9 });
      const control = pngChunk("acTL", uint32be(2, 0));
      const second = pngChunk("fcTL", frameControl(0, 60_000));
      const pixels = pngChunk("fdAT", Buffer.concat([uint32be(1), bomb]));
      return pngOf(ihdr!, control, idat!, second, pixels, iend!);
    },
    ...stripped,
    dropsAnimation: true,
  },
  {
    name: "an animated PNG of 16 bits",
    bytes: () => {
      const [, idat, iend] = pictureChunks({ depth: 16 });
      return pngOf(header(32, 32, 16), pngChunk("acTL", uint32be(1, 0)), idat!, iend!);
    },
    ...reencoded("image/png"),
  },
];

const some = (count: number, side = 32) =>
  Array.from({ length: count }, (_, index) => moving(`frame ${index}`, side, side));

const extendedHeader = (width: number, height: number, flags = 2) =>
  chunk("VP8X", [flags, 0, 0, 0, ...canvas(width, height)]);

const loop = chunk("ANIM", [0, 0, 0, 0, 0, 0]);

/** One white pixel without loss. */
const pixel = chunk("VP8L", Buffer.from("2f0000001007101111888808", "hex"));

/** A frame of a pixel at a place, declared with `side` pixels. */
function onePixel(left: number, top: number, side = 1): Buffer {
  const place = Buffer.alloc(16);
  place.writeUIntLE(left / 2, 0, 3);
  place.writeUIntLE(top / 2, 3, 3);
  place.writeUIntLE(side - 1, 6, 3);
  place.writeUIntLE(side - 1, 9, 3);
  place.writeUIntLE(50, 12, 3);
  place[15] = 2; // no blending
  return chunk("ANMF", Buffer.concat([place, pixel]));
}

const differentFrames = (count: number) =>
  sharp(noise("frames", 16 * 16 * 3 * count), {
    raw: { width: 16, height: 16 * count, channels: 3, pageHeight: 16 },
  })
    .webp({ effort: 0 })
    .toBuffer();

function frameControl(sequence: number, side: number): Buffer {
  const end = Buffer.concat([uint16le(0x0100, 0x0a00), latin1("\0\0")]);
  return Buffer.concat([uint32be(sequence, side, side, 0, 0), end]);
}
