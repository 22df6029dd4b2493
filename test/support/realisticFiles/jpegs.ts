import { exifWithOrientation } from "@keepsake/core/imaging/formats/exif";
import { latin1, uint16le, uint32be } from "../../security/hostile/byteHelpers.ts";
import { segment } from "../../security/support/builtJpegs.ts";
import {
  adobeRgb,
  displayP3,
  gamma,
  parametric,
  profile,
  srgb,
  srgbParameters,
  withProfile,
} from "../iccProfiles.ts";
import { author, photo, type RealFile, secret, xmp } from "./drawnPhotos.ts";

/** JPEGs of phones, cameras and editors: those that keep their pixels, and those that cannot. */
export async function realJpegs(): Promise<RealFile[]> {
  const groups = [qualities(), greys(), turned(), coloured(), described(), odd(), unusual()];
  return (await Promise.all(groups)).flat();
}

type Made = { name: string; bytes: Buffer; isKept?: boolean; shown?: [number, number] };

const fileOf = ({ name, bytes, isKept = true, shown = [331, 247] }: Made): RealFile => ({
  ...{ name: `JPEG ${name}`, format: "jpeg", bytes, isKept, isLossless: false, shown },
});

async function qualities() {
  const made: Promise<RealFile>[] = [];
  for (const quality of [30, 50, 65, 75, 85, 90, 95, 100])
    for (const progressive of [false, true])
      for (const chromaSubsampling of ["4:2:0", "4:4:4"])
        made.push(
          (async () => {
            const picture = await photo(331, 247, `q${quality}`);
            const options = { quality, progressive, chromaSubsampling };
            const name = `q${quality} ${chromaSubsampling}${progressive ? " progressive" : ""}`;
            return fileOf({ name, bytes: await picture.jpeg(options).toBuffer() });
          })(),
        );
  return Promise.all(made);
}

async function greys() {
  const made = [40, 80, 95].flatMap((quality) =>
    [false, true].map(async (progressive) => {
      const picture = (await photo(331, 247, `grey${quality}`)).toColourspace("b-w");
      const name = `grey q${quality}${progressive ? " progressive" : ""}`;
      return fileOf({ name, bytes: await picture.jpeg({ quality, progressive }).toBuffer() });
    }),
  );
  return Promise.all(made);
}

/** Stored in each of the eight orientations, with its author, place and time. */
async function turned() {
  const made = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((orientation) =>
    [false, true].map(async (progressive) => {
      const picture = (await photo(400, 300, `o${orientation}`)).withExif(author);
      const bytes = await picture
        .withMetadata({ orientation })
        .jpeg({ quality: 84, progressive })
        .toBuffer();
      const shown: [number, number] = orientation > 4 ? [300, 400] : [400, 300];
      return fileOf({ name: `orientation ${orientation} ${progressive}`, bytes, shown });
    }),
  );
  return Promise.all(made);
}

const profiles = {
  sRGB: profile(srgb, parametric(3, ...srgbParameters)),
  "Display P3": profile(displayP3, parametric(3, ...srgbParameters)),
  "Adobe RGB": profile(adobeRgb, gamma(563)),
};

async function coloured() {
  const made = Object.entries(profiles).flatMap(([space, icc]) =>
    ["4:2:0", "4:4:4"].flatMap((chromaSubsampling) =>
      [1, 6].map(async (orientation) => {
        const picture = await photo(331, 247, space);
        const jpeg = await picture.jpeg({ quality: 90, chromaSubsampling }).toBuffer();
        const exif = Buffer.concat([latin1("Exif\0\0"), exifWithOrientation(orientation)]);
        const whole = withSegments(withProfile(jpeg, icc), segment(0xe1, exif));
        const shown: [number, number] = orientation > 4 ? [247, 331] : [331, 247];
        const name = `${space} ${chromaSubsampling} orientation ${orientation}`;
        return fileOf({ name, bytes: whole, shown });
      }),
    ),
  );
  return Promise.all(made);
}

/** With everything that a camera or an editor may write beside the picture. */
async function described() {
  const jpeg = async (seed: string) =>
    (await photo(331, 247, seed)).jpeg({ quality: 88 }).toBuffer();
  const small = await (await photo(160, 120)).jpeg().toBuffer();
  const parts: Record<string, Buffer[]> = {
    "an EXIF thumbnail": [segment(0xe1, Buffer.concat([latin1("Exif\0\0"), thumbnail(small)]))],
    XMP: [segment(0xe1, latin1(`http://ns.adobe.com/xap/1.0/\0${xmp}`))],
    IPTC: [segment(0xed, latin1(`Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x13${secret}`))],
    "a comment": [segment(0xfe, latin1(secret))],
    "three comments": [1, 2, 3].map((number) => segment(0xfe, latin1(`${secret} ${number}`))),
    "a maker's segment": [segment(0xe5, latin1(`Lichtkasten\0${secret}`))],
    "a JFXX thumbnail": [segment(0xe0, Buffer.concat([latin1("JFXX\0\x10"), small]))],
    everything: [
      segment(0xe1, Buffer.concat([latin1("Exif\0\0"), thumbnail(small)])),
      segment(0xe1, latin1(`http://ns.adobe.com/xap/1.0/\0${xmp}`)),
      segment(0xed, latin1(`Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x13${secret}`)),
      segment(0xfe, latin1(secret)),
    ],
  };
  const made = Object.entries(parts).map(async ([name, segments]) => {
    const whole = await jpeg(name);
    const bytes = withSegments(whole, jfif, ...segments);
    return fileOf({ name: `with ${name}`, bytes });
  });
  const followed = jpeg("followed").then((whole) =>
    fileOf({ name: "with data after its end", bytes: Buffer.concat([whole, latin1(secret)]) }),
  );
  return Promise.all([...made, followed]);
}

/** A JPEG with segments before its others. */
const withSegments = (jpeg: Buffer, ...segments: Buffer[]) =>
  Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);

/** With 72 pixels an inch. */
const jfif = segment(0xe0, latin1("JFIF\0\x01\x02\x01\0\x48\0\x48\0\0"));

const uint16be = (...values: number[]) => uint16le(...values).swap16();

/** EXIF whose second directory holds a thumbnail, and whose first an author. */
function thumbnail(jpeg: Buffer): Buffer {
  const entry = (tag: number, type: number, count: number, value: number) =>
    Buffer.concat([uint16be(tag, type), uint32be(count, value)]);
  const [first, second] = [8, 26];
  const texts = second + 2 + 2 * 12 + 4;
  const text = latin1(`${secret}\0`);
  return Buffer.concat([
    ...[latin1("MM\0*"), uint32be(first)],
    ...[uint16be(1), entry(0x013b, 2, text.length, texts), uint32be(second)],
    ...[uint16be(2), entry(0x0201, 4, 1, texts + text.length)],
    ...[entry(0x0202, 4, 1, jpeg.length), uint32be(0), text, jpeg],
  ]);
}

/** Plain ones with sides that are no multiple of a block, and other encoders' settings. */
async function odd() {
  const sizes: [number, number][] = [
    [16, 16],
    [17, 400],
    [399, 16],
    [321, 33],
  ];
  const made = sizes.map(async ([width, height]) => {
    const bytes = await (await photo(width, height)).jpeg({ quality: 82 }).toBuffer();
    return fileOf({ name: `of ${width} × ${height} px`, bytes, shown: [width, height] });
  });
  const settings = Object.entries({
    mozjpeg: { mozjpeg: true },
    "one quantization table": { quantisationTable: 3 },
    "its own Huffman codes": { optimiseCoding: true, quality: 70 },
    "the standard Huffman codes": { optimiseCoding: false, quality: 99 },
  }).map(async ([name, options]) =>
    fileOf({ name: `with ${name}`, bytes: await (await photo(331, 247)).jpeg(options).toBuffer() }),
  );
  return Promise.all([...made, ...settings]);
}

/** Those that must be encoded anew. */
async function unusual() {
  const anew = async (name: string, bytes: Promise<Buffer> | Buffer) =>
    fileOf({ name, bytes: await bytes, isKept: false });
  const jpeg = async (seed: string, chromaSubsampling = "4:4:4") =>
    (await photo(331, 247, seed)).jpeg({ quality: 90, chromaSubsampling }).toBuffer();
  /** With bytes before the first quantization table. */
  const before = async (seed: string, more: Buffer, chroma?: string) => {
    const whole = await jpeg(seed, chroma);
    const at = whole.indexOf(Buffer.from([0xff, 0xdb]));
    return Buffer.concat([whole.subarray(0, at), more, whole.subarray(at)]);
  };
  const cmyk = [70, 85, 95].map(async (quality) => {
    const picture = (await photo(331, 247, `cmyk${quality}`)).toColourspace("cmyk");
    return anew(`CMYK q${quality}`, picture.jpeg({ quality }).toBuffer());
  });
  const turned = async (orientation: number, chroma: string) => {
    const exif = Buffer.concat([latin1("Exif\0\0"), exifWithOrientation(orientation)]);
    const whole = await before(`turned ${orientation}`, Buffer.from([0xff]), chroma);
    return fileOf({
      name: `with a fill byte, ${chroma}, orientation ${orientation}`,
      bytes: withSegments(whole, segment(0xe1, exif)),
      isKept: false,
      shown: orientation > 4 ? [247, 331] : [331, 247],
    });
  };
  const unused = segment(0xdb, Buffer.concat([Buffer.from([3]), Buffer.alloc(64, 1)]));
  const gainMap = `http://ns.adobe.com/xap/1.0/\0${secret} http://ns.adobe.com/hdr-gain-map/1.0/`;
  const lookup = profile(displayP3, gamma(563), { A2B0: latin1("mft2".padEnd(64, "\0")) });
  return Promise.all([
    ...cmyk,
    anew("with a fill byte", before("fill", Buffer.from([0xff]))),
    anew("with a fill byte, 4:2:0", before("fill2", Buffer.from([0xff]), "4:2:0")),
    turned(3, "4:2:0"),
    turned(6, "4:2:0"),
    turned(8, "4:4:4"),
    anew("with an unused table", before("unused", unused)),
    anew("with an unused table, 4:2:0", before("unused2", unused, "4:2:0")),
    anew("with a gain map", before("gain", segment(0xe1, latin1(gainMap)))),
    anew(
      "with a profile of other numbers",
      jpeg("lut").then((each) => withProfile(each, lookup)),
    ),
  ]);
}
