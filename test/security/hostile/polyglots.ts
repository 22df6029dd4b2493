import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { header, chunk as pngChunk, pngOf } from "../../support/images.ts";
import { latin1, noise, uint32be, zip } from "./byteHelpers.ts";
import { extension, frame, gif } from "./gifs.ts";
import {
  type HostileImage,
  jpegAs,
  type Outcomes,
  reencoded,
  rejectedByDecoder,
  rejectedByHeader,
  stripped,
} from "./hostileImage.ts";
import { segment, withSegments } from "./jpegs.ts";
import { pictureChunks, rows, withChunks, withPixels } from "./pngs.ts";
import { canvas, riff, chunk as riffChunk } from "./webps.ts";

/** Every kind of file that is read from its end or from anywhere, so that a picture can be one as well. */
const archives: Record<string, Buffer> = {
  "a ZIP archive": zip("secret.txt", "plans"),
  "a PDF": latin1(
    "%PDF-1.7\n1 0 obj<</Type/Catalog/secret 1>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n",
  ),
  "a RAR archive": Buffer.concat([
    Buffer.from("526172211a0701003392b5e50a01050600050101808000", "hex"),
    latin1("secret.txt"),
  ]),
  "a 7z archive": Buffer.concat([
    Buffer.from("377abcaf271c0004", "hex"),
    noise("7z", 24),
    latin1("secret.txt"),
  ]),
};

/** A place in a file for other bytes, and what is expected of a file that has an archive there. */
type Place = { place: string; put(archive: Buffer): Buffer | Promise<Buffer>; outcomes: Outcomes };

const inPngs: Place[] = [
  ...["tEXt", "iTXt", "eXIf", "prIv", "pHYs"].map(
    (type): Place => ({
      place: `in a ${type} chunk of a PNG`,
      put: (archive) => withChunks("IDAT", pngChunk(type, named(archive))),
      outcomes: stripped,
    }),
  ),
  {
    place: "in a chunk after the pixels of a PNG",
    put: (archive) => withChunks("IEND", pngChunk("tEXt", named(archive))),
    outcomes: stripped,
  },
  {
    place: "in the colour profile of a PNG",
    put: (archive) => {
      const profile = deflateSync(archive, { level: 0 });
      return withChunks("IDAT", pngChunk("iCCP", Buffer.concat([latin1("icc\0\0"), profile])));
    },
    outcomes: reencoded("image/png"),
  },
  {
    place: "in the suggested palette of a PNG without one",
    put: (archive) => withChunks("IDAT", pngChunk("PLTE", inEntries(archive))),
    outcomes: reencoded("image/png"),
  },
  {
    place: "in the unused colours of a PNG's palette",
    put: (archive) => {
      const [ihdr] = pictureChunks({ colour: 3 });
      const palette = Buffer.concat([Buffer.alloc(6, "\x30\x60\x90"), inEntries(archive)]);
      const pixels = Buffer.alloc(33 * 32);
      for (let at = 0; at < pixels.length; at += 1) pixels[at] = at % 33 === 0 ? 0 : at & 1;
      const idat = pngChunk("IDAT", deflateSync(pixels));
      return pngOf(ihdr!, pngChunk("PLTE", palette), idat, pngChunk("IEND"));
    },
    outcomes: reencoded("image/png"),
  },
  {
    place: "in the transparency of a PNG's unused colours",
    put: (archive) => {
      const [ihdr, plte, ...rest] = pictureChunks({ colour: 3 });
      return pngOf(ihdr!, plte!, pngChunk("tRNS", archive.subarray(0, 256)), ...rest);
    },
    outcomes: reencoded("image/png"),
  },
  {
    place: "in the transparent colour of a PNG",
    put: (archive) => withChunks("IDAT", pngChunk("tRNS", archive)),
    outcomes: reencoded("image/png"),
  },
  {
    place: "after the end of a PNG",
    put: (archive) => Buffer.concat([pngOf(...pictureChunks()), archive]),
    outcomes: stripped,
  },
  {
    place: "in the IEND chunk of a PNG",
    put: (archive) => pngOf(...pictureChunks().slice(0, -1), pngChunk("IEND", archive)),
    outcomes: reencoded("image/png"),
  },
  {
    place: "after the zlib stream of a PNG",
    put: (archive) => withPixels((pixels) => Buffer.concat([pixels, archive])),
    outcomes: reencoded("image/png"),
  },
  {
    place: "below the last row of a PNG, not compressed",
    put: (archive) => {
      const packed = deflateSync(Buffer.concat([rows(32, 32, 3), archive]), { level: 0 });
      return pngOf(header(32, 32), pngChunk("IDAT", packed), pngChunk("IEND"));
    },
    outcomes: reencoded("image/png"),
  },
  {
    place: "as pixels of a PNG that are not compressed",
    put: (archive) => {
      const pixels = Buffer.alloc(1 + 64 * 3);
      archive.copy(pixels, 1);
      const raw = Buffer.concat([pixels, Buffer.alloc(31 * pixels.length)]);
      const packed = deflateSync(raw, { level: 0 });
      return pngOf(header(64, 32), pngChunk("IDAT", packed), pngChunk("IEND"));
    },
    outcomes: reencoded("image/png"),
  },
  {
    place: "before a PNG",
    put: (archive) => Buffer.concat([archive, pngOf(...pictureChunks())]),
    outcomes: rejectedByHeader("image.unsupported"),
  },
];

const inJpegs: Place[] = [
  {
    place: "as the thumbnail of a JPEG's JFIF segment",
    put: (archive) => {
      const pixels = Buffer.alloc(8 * 8 * 3);
      archive.copy(pixels);
      return withSegments(
        segment(0xe0, Buffer.concat([latin1("JFIF\0\x01\x01\0\0\x01\0\x01\x08\x08"), pixels])),
      );
    },
    outcomes: jpegAs("stripped"),
  },
  ...Object.entries<[marker: number, name: string]>({
    "as a thumbnail of a JPEG's JFXX segment": [0xe0, "JFXX\0\x10"],
    "in the EXIF of a JPEG": [0xe1, "Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"],
    "in the XMP of a JPEG": [0xe1, "http://ns.adobe.com/xap/1.0/\0"],
    "in the MPF segment of a JPEG": [0xe2, "MPF\0"],
    "in an APP11 segment of a JPEG": [0xeb, "JP"],
    "in the IPTC of a JPEG": [0xed, "Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x60"],
    "in a comment of a JPEG": [0xfe, ""],
    "after Adobe's data in a JPEG": [0xee, "Adobe\0\x64\0\0\0\0\x01"],
  }).map(
    ([place, [marker, name]]): Place => ({
      place,
      put: (archive) => withSegments(segment(marker, Buffer.concat([latin1(name), archive]))),
      outcomes: jpegAs("stripped"),
    }),
  ),
  {
    place: "as the colour profile of a JPEG",
    put: (archive) =>
      withSegments(segment(0xe2, Buffer.concat([latin1("ICC_PROFILE\0\x01\x01"), archive]))),
    outcomes: reencoded("image/jpeg"),
  },
  {
    place: "after the colour profile of a JPEG",
    put: async (archive) => {
      const bytes = await small().jpeg().withIccProfile("p3").toBuffer();
      const at = bytes.indexOf("\xff\xe2", 0, "latin1");
      const end = at + 2 + bytes.readUInt16BE(at + 2);
      const longer = segment(0xe2, Buffer.concat([bytes.subarray(at + 4, end), archive]));
      return Buffer.concat([bytes.subarray(0, at), longer, bytes.subarray(end)]);
    },
    outcomes: reencoded("image/jpeg"), // the profile states another length
  },
  {
    place: "after the end of a JPEG",
    put: async (archive) => Buffer.concat([await withSegments(), archive]),
    outcomes: jpegAs("stripped"),
  },
  {
    place: "in a comment between two scans of a JPEG",
    put: (archive) => betweenScans(segment(0xfe, archive)),
    outcomes: jpegAs("stripped"),
  },
  {
    place: "in an APP9 segment between two scans of a JPEG",
    put: (archive) => betweenScans(segment(0xe9, archive)),
    outcomes: reencoded("image/jpeg"),
  },
  {
    place: "in a quantization table that a JPEG does not use",
    put: (archive) => {
      const table = Buffer.alloc(129, 1);
      table[0] = 0x13; // 16 bits, the fourth
      archive.copy(table, 1);
      return withSegments(segment(0xdb, table));
    },
    outcomes: reencoded("image/jpeg"),
  },
  {
    place: "in a Huffman table that a JPEG does not use",
    put: (archive) => {
      const counts = [0, 0, 0, 0, 0, 0, 0, archive.length, 0, 0, 0, 0, 0, 0, 0, 0];
      return withSegments(segment(0xc4, Buffer.concat([Buffer.from([0x13, ...counts]), archive])));
    },
    outcomes: reencoded("image/jpeg"),
  },
  {
    place: "after the last block of a JPEG's scan",
    put: async (archive) => {
      const bytes = await withSegments();
      return Buffer.concat([bytes.subarray(0, -2), escaped(archive), bytes.subarray(-2)]);
    },
    outcomes: reencoded("image/jpeg"),
  },
  {
    place: "after the last block of a progressive JPEG's scan",
    put: async (archive) => {
      const bytes = await small().jpeg({ progressive: true }).toBuffer();
      return Buffer.concat([bytes.subarray(0, -2), escaped(archive), bytes.subarray(-2)]);
    },
    outcomes: rejectedByDecoder("image.damaged"), // of a progressive scan, decoders warn
  },
  {
    place: "between two segments of a JPEG, in none",
    put: async (archive) => {
      const bytes = await withSegments();
      const at = bytes.indexOf("\xff\xc0", 0, "latin1");
      return Buffer.concat([bytes.subarray(0, at), archive, bytes.subarray(at)]);
    },
    outcomes: rejectedByDecoder("image.damaged"),
  },
];

const inWebps: Place[] = [
  ...Object.entries({ EXIF: 8, "XMP ": 4, ICCP: 32, EVIL: 0 }).map(
    ([type, flag]): Place => ({
      place: `in the ${type.trim()} chunk of a WebP`,
      put: async (archive) => {
        const picture = (await webp()).subarray(12);
        const extra = riffChunk(type, archive);
        const size = riffChunk("VP8X", [flag, 0, 0, 0, ...canvas(32, 32)]);
        return type === "ICCP" ? riff(size, extra, picture) : riff(size, picture, extra);
      },
      outcomes: reencoded("image/webp"),
    }),
  ),
  {
    place: "after the end of a WebP",
    put: async (archive) => Buffer.concat([await webp(), archive]),
    outcomes: reencoded("image/webp"),
  },
  {
    place: "in a chunk after the picture of a WebP that has no header for it",
    put: async (archive) => riff((await webp()).subarray(12), riffChunk("JUNK", archive)),
    outcomes: reencoded("image/webp"),
  },
  ...[true, false].map(
    (lossless): Place => ({
      place: `after the data of a ${lossless ? "lossless" : "lossy"} picture in a WebP's chunk`,
      put: async (archive) => {
        const bytes = await small().webp({ lossless }).toBuffer();
        const data = bytes.subarray(20, 20 + bytes.readUInt32LE(16));
        return riff(riffChunk(lossless ? "VP8L" : "VP8 ", Buffer.concat([data, archive])));
      },
      outcomes: reencoded("image/webp"),
    }),
  ),
  {
    place: "in a frame of an animated WebP",
    put: async (archive) => {
      const picture = (await webp()).subarray(12);
      const place = Buffer.from([0, 0, 0, 0, 0, 0, 31, 0, 0, 31, 0, 0, 50, 0, 0, 2]);
      const frame = riffChunk("ANMF", Buffer.concat([place, picture, riffChunk("EVIL", archive)]));
      const size = riffChunk("VP8X", [2, 0, 0, 0, ...canvas(32, 32)]);
      return riff(size, riffChunk("ANIM", Buffer.alloc(6)), frame);
    },
    outcomes: reencoded("image/webp"),
  },
];

const inGifs: Place[] = [
  ...Object.entries<[label: number, name: string]>({
    "in a comment of a GIF": [0xfe, ""],
    "in an application's extension of a GIF": [0xff, "KEEPSAKE1.0"],
    "in the XMP of a GIF": [0xff, "XMP DataXMP"],
    "in the colour profile of a GIF": [0xff, "ICCRGBG1012"],
    "in a plain text extension of a GIF": [0x01, "\0".repeat(12)],
    "in an extension of a GIF that does not exist": [0x77, ""],
  }).map(
    ([place, [label, name]]): Place => ({
      place,
      put: (archive) =>
        gif({
          extensions: [extension(label, ...(name ? [name] : []), archive.toString("latin1"))],
          frames: [frame(32, 32)],
        }),
      outcomes: reencoded("image/png"),
    }),
  ),
  {
    place: "after the end of a GIF",
    put: (archive) => Buffer.concat([gif({ frames: [frame(32, 32)] }), archive]),
    outcomes: reencoded("image/png"),
  },
  {
    place: "in the unused colours of a GIF's palette",
    put: (archive) => {
      const bytes = gif({
        frames: [frame(32, 32, Buffer.from([128, ...Array(100).fill(0), 129]))],
      });
      archive.copy(bytes, 13 + 3);
      return bytes;
    },
    outcomes: reencoded("image/png"),
  },
  {
    place: "after the last code of a GIF's frame",
    put: (archive) => {
      const whole = frame(32, 32).subarray(0, -1);
      const more = Buffer.concat([whole, Buffer.from([archive.length]), archive, Buffer.alloc(1)]);
      return gif({ frames: [more] });
    },
    outcomes: reencoded("image/png"),
  },
];

const inAvifs: Place[] = [
  ...["free", "skip", "uuid", "udta", "mdat"].map(
    (type): Place => ({
      place: `in a ${type} box of an AVIF`,
      put: async (archive) => Buffer.concat([await avif(), box(type, archive)]),
      outcomes: reencoded("image/webp"),
    }),
  ),
  {
    place: "in the brands of an AVIF",
    put: async (archive) => {
      const bytes = await avif();
      const length = bytes.readUInt32BE(0);
      const padded = Buffer.concat([archive, Buffer.alloc(-archive.length & 3)]);
      const at = bytes.indexOf("iloc") + 16;
      bytes.writeUInt32BE(bytes.readUInt32BE(at) + padded.length, at);
      bytes.writeUInt32BE(length + padded.length, 0);
      return Buffer.concat([bytes.subarray(0, length), padded, bytes.subarray(length)]);
    },
    outcomes: reencoded("image/webp"),
  },
  {
    place: "after the boxes of an AVIF",
    put: async (archive) => Buffer.concat([await avif(), archive]),
    outcomes: rejectedByDecoder("image.damaged"),
  },
];

const small = () =>
  sharp(noise("polyglot", 32 * 32 * 3), { raw: { width: 32, height: 32, channels: 3 } });
const webp = () => small().webp().toBuffer();
const avif = () => small().avif({ effort: 0 }).toBuffer();

const box = (type: string, data: Buffer) =>
  Buffer.concat([uint32be(data.length + 8), latin1(type), data]);

/** As the text of a chunk, after a keyword. */
const named = (archive: Buffer) => Buffer.concat([latin1("x\0"), archive]);

/** As colours of three bytes each. */
const inEntries = (archive: Buffer) =>
  Buffer.concat([archive, Buffer.alloc((3 - (archive.length % 3)) % 3)]);

const escaped = (data: Buffer) =>
  Buffer.from([...data].flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte])));

async function betweenScans(extra: Buffer): Promise<Buffer> {
  const bytes = await small().jpeg({ progressive: true }).toBuffer();
  const at = bytes.lastIndexOf("\xff\xda", undefined, "latin1");
  return Buffer.concat([bytes.subarray(0, at), extra, bytes.subarray(at)]);
}

/** An archive of every kind in every place of every format. */
export const polyglots: HostileImage[] = [
  ...inPngs,
  ...inJpegs,
  ...inWebps,
  ...inGifs,
  ...inAvifs,
].flatMap(({ place, put, outcomes }) =>
  Object.entries(archives).map(([kind, archive]) => ({
    name: `${kind} ${place}`,
    bytes: () => put(archive),
    ...outcomes,
    hides: "secret",
  })),
);
