import { deflateSync } from "node:zlib";
import sharp from "sharp";
import { avif, box } from "../../support/avif.ts";
import { header, chunk as pngChunk, pngOf } from "../../support/images.ts";
import { latin1 } from "./byteHelpers.ts";
import { frame, gif } from "./gifs.ts";
import {
  type HostileImage,
  jpegAs,
  reencoded,
  rejectedByDecoder,
  unchanged,
} from "./hostileImage.ts";
import { manyScans, segment, withSegments } from "./jpegs.ts";

/** Files whose structure multiplies a decoder's work, and small files of large pictures. */
export const complex: HostileImage[] = [
  {
    name: "a JPEG with 101 scans",
    bytes: () => manyScans(200, 100),
    ...rejectedByDecoder("image.too_complex"),
  },
  {
    name: "an arithmetic-coded JPEG",
    bytes: () => arithmetic(64, 1),
    ...reencoded("image/jpeg"),
  },
  {
    name: "an arithmetic-coded progressive JPEG",
    bytes: () => arithmetic(64, 2),
    ...reencoded("image/jpeg"),
  },
  {
    name: "an arithmetic-coded JPEG of 99 scans",
    bytes: () => arithmetic(200, 99),
    ...reencoded("image/jpeg"),
  },
  {
    name: "an arithmetic-coded JPEG of 101 scans",
    bytes: () => arithmetic(200, 101),
    ...rejectedByDecoder("image.too_complex"),
  },
  {
    name: "an arithmetic-coded JPEG of 36 megapixels and 98 scans, in 1 KB",
    bytes: () => arithmetic(6_000, 98),
    portrait: "on the row: image.bad_dimensions",
    upload: "image.too_complex",
    rehost: "image.too_complex",
    heavy: true,
  },
  ...["http://ns.adobe.com/xap/1.0/\0<x xmlns:hdrgm='http://ns.adobe.com/hdr-gain-map/1.0/'/>"].map(
    (xmp): HostileImage => ({
      name: "an Ultra HDR JPEG, whose gain map is a second image after it",
      bytes: async () =>
        Buffer.concat([await withSegments(segment(0xe1, latin1(xmp))), await withSegments()]),
      ...reencoded("image/jpeg"),
      hides: "hdrgm",
    }),
  ),
  {
    name: "a JPEG with a gain map of ISO 21496-1",
    bytes: () => withSegments(segment(0xe2, latin1("urn:iso:std:iso:ts:21496:-1\0\0\0\0\0"))),
    ...reencoded("image/jpeg"),
    hides: "21496",
  },
  {
    name: "a JPEG with Apple's gain map after its end",
    bytes: async () =>
      Buffer.concat([await withSegments(), latin1("apdi:HDRGainMap"), await withSegments()]),
    ...reencoded("image/jpeg"),
    hides: "HDRGainMap",
  },
  {
    name: "a JPEG with a thousand application segments",
    bytes: () => withSegments(...Array<Buffer>(1_000).fill(segment(0xe5, latin1("secret")))),
    ...jpegAs("stripped"),
    hides: "secret",
  },
  {
    name: "a JPEG with a thousand and one application segments",
    bytes: () => withSegments(...Array<Buffer>(1_001).fill(segment(0xe5, latin1("secret")))),
    ...reencoded("image/jpeg"),
    hides: "secret",
  },
  {
    name: "a JPEG with fill bytes before a marker",
    bytes: async () => {
      const bytes = await withSegments();
      const at = bytes.indexOf("\xff\xc0", 0, "latin1");
      return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(999, 0xff), bytes.subarray(at)]);
    },
    ...reencoded("image/jpeg"),
  },
  {
    name: "a JPEG whose components are red, green and blue",
    bytes: () => withSegments(segment(0xee, latin1("Adobe\0\x64\0\0\0\0\0"))),
    ...jpegAs("unchanged"),
  },
  {
    name: "a grey JPEG with a colour profile of another kind",
    bytes: async () => {
      const coloured = await plain(32).withIccProfile("p3").jpeg().toBuffer();
      const at = coloured.indexOf("\xff\xe2", 0, "latin1");
      const profile = coloured.subarray(at, at + 2 + coloured.readUInt16BE(at + 2));
      const grey = await plain(32).toColourspace("b-w").jpeg().toBuffer();
      return Buffer.concat([grey.subarray(0, 2), profile, grey.subarray(2)]);
    },
    ...reencoded("image/jpeg"),
  },
  {
    name: "an AVIF of 16,001,000 pixels",
    bytes: () => avif({ width: 4_001, height: 4_000 }),
    ...rejectedByDecoder("image.bad_dimensions"),
  },
  {
    name: "an AVIF of 257 tiles",
    bytes: () => avif({ types: ["grid", "av01"], tiles: Array<number>(257).fill(2) }),
    ...rejectedByDecoder("image.too_complex"),
  },
  {
    name: "an AVIF of 256 tiles without pixels",
    bytes: () => avif({ types: ["grid", "av01"], tiles: Array<number>(256).fill(2) }),
    ...rejectedByDecoder("image.damaged"),
  },
  {
    name: "an AVIF of 601 items",
    bytes: () => avif({ types: ["av01", ...Array<string>(600).fill("Exif")] }),
    ...rejectedByDecoder("image.too_complex"),
  },
  {
    name: "an AVIF whose grid is made of grids",
    bytes: () => avif({ types: ["grid", "grid", "av01"], tiles: [2, 2] }),
    ...rejectedByDecoder("image.damaged"),
  },
  ...["iovl", "iden", "mime", "hvc1"].map(
    (type): HostileImage => ({
      name: `an AVIF whose picture is an item of type ${type}`,
      bytes: () => avif({ types: [type, "av01"], tiles: [2] }),
      ...rejectedByDecoder("image.damaged"),
    }),
  ),
  {
    name: "an AVIF with two sizes",
    bytes: () => avif({ sizes: 2 }),
    ...rejectedByDecoder("image.damaged"),
  },
  {
    name: "an AVIF without a size",
    bytes: () => avif({ sizes: 0 }),
    ...rejectedByDecoder("image.damaged"),
  },
  {
    name: "an AVIF with a million empty boxes",
    bytes: () => Buffer.concat([avif({}), Buffer.alloc(8_000_000, box("free"))]),
    portrait: "in the response: 413",
    upload: "image.damaged",
    rehost: "image.damaged",
    heavy: true,
  },
  {
    name: "an AVIF with 3,000 empty boxes",
    bytes: () => Buffer.concat([avif({}), Buffer.alloc(8 * 3_000, box("free"))]),
    ...rejectedByDecoder("image.damaged"),
  },
  {
    name: "an AVIF of a megapixel in one colour",
    bytes: () => plain(1_000).avif({ effort: 0 }).toBuffer(),
    ...reencoded("image/webp"),
  },
  {
    name: "a lossless WebP of a megapixel in one colour",
    bytes: () => plain(1_000).webp({ lossless: true, effort: 0 }).toBuffer(),
    ...reencoded("image/webp"),
  },
  {
    name: "a GIF of a megapixel with one tiny frame",
    bytes: () => gif({ screen: [1_000, 1_000], frames: [frame(1, 1)] }),
    ...reencoded("image/png"),
  },
  {
    name: "an RGBA PNG of a megapixel in 4 KB",
    bytes: () => {
      const packed = deflateSync(Buffer.alloc((1_000 * 4 + 1) * 1_000), { level: 9 });
      return pngOf(header(1_000, 1_000, 8, 6), pngChunk("IDAT", packed), pngChunk("IEND"));
    },
    ...unchanged,
  },
  {
    name: "a baseline JPEG of a megapixel in one colour",
    bytes: () => plain(1_000).jpeg().toBuffer(),
    ...jpegAs("unchanged"),
  },
];

const plain = (side: number) =>
  sharp({ create: { width: side, height: side, channels: 3, background: "#369" } });

/**
 * A grey JPEG with arithmetic coding whose scans hold no bytes: the decoder reads zero bits, which are valid
 * codes. With several scans it is progressive, and each scan repeats the first bits of one coefficient.
 */
function arithmetic(side: number, scans: number): Buffer {
  const isProgressive = scans > 1;
  const size = [side >> 8, side & 255, side >> 8, side & 255];
  const first = segment(0xda, Buffer.from([1, 1, 0, 0, isProgressive ? 0 : 63, 0]));
  const others = Array.from({ length: scans - 1 }, (_, index) => {
    const band = 1 + Math.floor(index / 14);
    const bit = 13 - (index % 14);
    return segment(0xda, Buffer.from([1, 1, 0, band, band, ((bit < 13 ? bit + 1 : 0) << 4) | bit]));
  });
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, Buffer.concat([Buffer.alloc(1), Buffer.alloc(64, 1)])),
    segment(isProgressive ? 0xca : 0xc9, Buffer.from([8, ...size, 1, 1, 0x11, 0])),
    first,
    ...others,
    Buffer.from([0xff, 0xd9]),
  ]);
}
