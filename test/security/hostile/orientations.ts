import sharp from "sharp";
import { chunk } from "../../support/images.ts";
import { latin1, noise } from "./byteHelpers.ts";
import { type HostileImage, jpegAs, reencoded, stripped } from "./hostileImage.ts";
import { segment, withSegments } from "./jpegs.ts";
import { withChunks } from "./pngs.ts";
import { canvas, riff, chunk as riffChunk } from "./webps.ts";

type Field = { type?: number; count?: number; value: number; isBig?: boolean; times?: number };

/** Orientations in types, numbers and places that decoders read differently. JPEGs have 48 × 32 pixels. */
export const orientations: HostileImage[] = [
  ...[false, true].flatMap((isBig) => {
    const order = isBig ? "big-endian" : "little-endian";
    return [
      ...[0, 1, 3, 6, 8, 65_535].map(
        (value): HostileImage => ({
          name: `a JPEG whose ${order} EXIF has orientation ${value}`,
          bytes: () => withSegments(exifSegment({ value, isBig })),
          ...jpegAs("stripped"),
          size: value === 6 || value === 8 ? [32, 48] : [48, 32],
          hides: "secret",
        }),
      ),
      ...[1, 2, 4, 9, 77].map(
        (type): HostileImage => ({
          name: `a JPEG whose ${order} EXIF has an orientation of type ${type}`,
          bytes: () => withSegments(exifSegment({ type, value: 3, isBig })),
          ...reencoded("image/jpeg"), // decoders read such a value differently
          hides: "secret",
        }),
      ),
    ];
  }),
  {
    name: "a JPEG whose EXIF has two orientations",
    bytes: () => withSegments(exifSegment({ value: 6, times: 2 })),
    ...reencoded("image/jpeg"),
  },
  {
    name: "a JPEG whose EXIF has no orientations in one field",
    bytes: () => withSegments(exifSegment({ value: 6, count: 0 })),
    ...reencoded("image/jpeg"),
  },
  {
    name: "a JPEG whose EXIF has a million orientations in one field",
    bytes: () => withSegments(exifSegment({ value: 6, count: 1_000_000 })),
    ...reencoded("image/jpeg"),
  },
  {
    name: "a JPEG with two EXIF segments",
    bytes: () => withSegments(exifSegment({ value: 6 }), exifSegment({ value: 3 })),
    ...reencoded("image/jpeg"),
  },
  ...[1, 6].map(
    (value): HostileImage => ({
      name: `a PNG whose eXIf chunk has orientation ${value}`,
      bytes: () => withChunks("IDAT", chunk("eXIf", tiff({ value }))),
      ...(value === 1 ? stripped : reencoded("image/png")),
      hides: "secret",
    }),
  ),
  ...[1, 6].map(
    (value): HostileImage => ({
      name: `a WebP whose EXIF has orientation ${value}`,
      bytes: async () => {
        const raw = { width: 48, height: 32, channels: 3 as const };
        const picture = await sharp(noise("turned", 48 * 32 * 3), { raw })
          .webp()
          .toBuffer();
        const size = riffChunk("VP8X", [8, 0, 0, 0, ...canvas(48, 32)]);
        return riff(size, picture.subarray(12), riffChunk("EXIF", tiff({ value })));
      },
      ...reencoded("image/webp"),
      size: value === 6 ? [32, 48] : [48, 32],
      hides: "secret",
    }),
  ),
];

const exifSegment = (field: Field) =>
  segment(0xe1, Buffer.concat([latin1("Exif\0\0"), tiff(field)]));

/** EXIF data with an orientation and a text after its directory. */
function tiff({ type = 3, count = 1, value, isBig = false, times = 1 }: Field): Buffer {
  const entry = Buffer.alloc(12);
  const directory = Buffer.alloc(2);
  const head = Buffer.from(isBig ? "4d4d002a00000008" : "49492a0008000000", "hex");
  if (isBig) {
    entry.writeUInt16BE(0x0112, 0);
    entry.writeUInt16BE(type, 2);
    entry.writeUInt32BE(count, 4);
    entry.writeUInt16BE(value, 8);
    directory.writeUInt16BE(times);
  } else {
    entry.writeUInt16LE(0x0112, 0);
    entry.writeUInt16LE(type, 2);
    entry.writeUInt32LE(count, 4);
    entry.writeUInt16LE(value, 8);
    directory.writeUInt16LE(times);
  }
  const entries = Array<Buffer>(times).fill(entry);
  return Buffer.concat([head, directory, ...entries, Buffer.alloc(4), latin1("secret place")]);
}
