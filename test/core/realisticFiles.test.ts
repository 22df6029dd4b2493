import { deflateSync } from "node:zlib";
import { processDecoder } from "@keepsake/adapters/decoder/processDecoder";
import { polyglotFormat } from "@keepsake/core/imaging/formats/polyglot";
import { type PreparedPicture, sanitizeImage } from "@keepsake/core/imaging/sanitizeImage";
import { imageLimits } from "@keepsake/core/imaging/validateHeader";
import sharp, { type Metadata } from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { chunk, chunksOf, header, pngOf } from "../support/images.ts";
import { furthest, pixelsOf, psnr } from "../support/realisticFiles/comparePixels.ts";
import { type RealFile, secret } from "../support/realisticFiles/drawnPhotos.ts";
import { realJpegs } from "../support/realisticFiles/jpegs.ts";
import { realAvifs, realGifs, realWebps } from "../support/realisticFiles/otherFormats.ts";
import { realPngs } from "../support/realisticFiles/pngs.ts";

type Published = { file: RealFile; picture: PreparedPicture; metadata: Metadata };

const decoder = processDecoder({ processes: 2 });
let all: Published[];

beforeAll(async () => {
  const made = await Promise.all([realPngs(), realJpegs(), realWebps(), realGifs(), realAvifs()]);
  all = await Promise.all(
    made.flat().map(async (file) => {
      const picture = await sanitizeImage(decoder, file.bytes, imageLimits);
      const metadata = await sharp(picture.bytes, { pages: -1 }).metadata();
      return { file, picture, metadata };
    }),
  );
}, 120_000);

/** What `check` reports of the pictures that `chosen` includes, by their names. */
async function problems(
  chosen: (published: Published) => boolean,
  check: (published: Published) => Promise<unknown> | unknown,
) {
  const some = all.filter(chosen);
  const found = await Promise.all(
    some.map(async (published) => [published.file.name, await check(published)] as const),
  );
  return { checked: some.length, found: found.filter(([, problem]) => problem) };
}

describe("real-looking pictures", () => {
  test("are over 200 different ones, of every format", () => {
    expect(new Set(all.map(({ file }) => file.name)).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(200);
    const count = (format: string) => all.filter(({ file }) => file.format === format).length;
    for (const format of ["png", "jpeg", "webp", "gif", "avif"])
      expect(count(format), format).toBeGreaterThan(12);
  });

  test("keep their pixels wherever that is promised, and are else encoded anew", async () => {
    const { found } = await problems(
      () => true,
      ({ file, picture }) => picture.rewritten === file.isKept,
    );
    expect(found).toEqual([]);
  });

  test("have the very same pixels before and after where they are not encoded anew", async () => {
    const { checked, found } = await problems(
      ({ picture }) => !picture.rewritten,
      async ({ file, picture }) => {
        const [before, after] = await Promise.all(
          [file.bytes, picture.bytes].map((bytes) => pixelsOf(bytes, { ignoreIcc: true })),
        );
        return !before!.equals(after!);
      },
    );
    expect(found).toEqual([]);
    expect(checked).toBeGreaterThan(100);
  });

  test("show the same colours within 2 of 255 where a colour profile was replaced", async () => {
    const { checked, found } = await problems(
      ({ picture, metadata }) => !picture.rewritten && metadata.icc !== undefined,
      async ({ file, picture }) => {
        const distance = furthest(await pixelsOf(file.bytes), await pixelsOf(picture.bytes));
        return distance > 2 && distance;
      },
    );
    expect(found).toEqual([]);
    expect(checked).toBe(8);
  });

  test("lose at most what is left at 45 dB where a JPEG is encoded anew", async () => {
    const { checked, found } = await problems(
      ({ file, picture }) => file.format === "jpeg" && picture.rewritten,
      async ({ file, picture }) => {
        const ratio = psnr(await pixelsOf(file.bytes), await pixelsOf(picture.bytes));
        return ratio < 45 && ratio;
      },
    );
    expect(found).toEqual([]);
    expect(checked).toBe(12);
  });

  test("have the very same pixels where they were coded without loss, in every frame", async () => {
    const { checked, found } = await problems(
      ({ file, picture }) => file.isLossless && picture.rewritten,
      async ({ file, picture }) => {
        const animated = file.frames !== undefined;
        const [before, after] = await Promise.all(
          [file.bytes, picture.bytes].map((bytes) => pixelsOf(bytes, { animated })),
        );
        return !before!.equals(after!) && furthest(before!, after!);
      },
    );
    expect(found).toEqual([]);
    expect(checked).toBeGreaterThan(60);
  });

  test("look the same at 35 dB where they become a WebP with loss", async () => {
    const { checked, found } = await problems(
      ({ file, picture }) => !file.isLossless && picture.format === "webp",
      async ({ file, picture }) => {
        const animated = file.frames !== undefined;
        const [before, after] = await Promise.all(
          [file.bytes, picture.bytes].map((bytes) => pixelsOf(bytes, { animated })),
        );
        const ratio = psnr(before!, after!);
        return ratio < 35 && ratio;
      },
    );
    expect(found).toEqual([]);
    expect(checked).toBeGreaterThan(30);
  });

  test("keep every frame with its time, and how often they are repeated", async () => {
    const { checked, found } = await problems(
      ({ file }) => file.frames !== undefined,
      async ({ file, metadata }) => {
        const { pages, delay, loop } = await sharp(file.bytes, { pages: -1 }).metadata();
        expect(pages).toBe(file.frames);
        const before = JSON.stringify([pages, delay, loop]);
        const after = JSON.stringify([metadata.pages, metadata.delay, metadata.loop]);
        return before !== after && [before, after];
      },
    );
    expect(found).toEqual([]);
    expect(checked).toBe(14);
  });

  test("have the size and the orientation in which they are shown", async () => {
    const { found } = await problems(
      () => true,
      async ({ file, picture, metadata }) => {
        const { autoOrient, pageHeight } = metadata;
        const shown = file.shown.join();
        const said = [picture.width, picture.height].join();
        const is = [autoOrient.width, pageHeight ?? autoOrient.height].join();
        return (said !== shown || is !== shown) && { shown, said, is };
      },
    );
    expect(found).toEqual([]);
  });

  test("have upright copies of the promised widths that look like them", async () => {
    const { checked, found } = await problems(
      ({ file }) => file.shown[0] > 320 && file.shown[1] > 30,
      async ({ file, picture }) => {
        const [width, height] = file.shown;
        const widths = [320, 960].filter((each) => each < width);
        const sizes = widths.map((each) => [
          each,
          Math.max(1, Math.round((height * each) / width)),
        ]);
        const said = picture.variants.map((copy) => [copy.width, copy.height]);
        if (JSON.stringify(said) !== JSON.stringify(sizes)) return { said, sizes };
        const distances = await Promise.all(
          picture.variants.map(async ({ bytes }) => distance(bytes, file.bytes)),
        );
        return Math.max(...distances) > 6 && distances;
      },
    );
    expect(found).toEqual([]);
    expect(checked).toBeGreaterThan(150);
  });

  test("contain nothing but the picture: no author, place, thumbnail, comment or profile's name", async () => {
    const { found } = await problems(
      () => true,
      async ({ picture, metadata }) => {
        const { exif, xmp, iptc, icc, comments, orientation = 1 } = metadata;
        const files = [picture, ...picture.variants];
        if (files.some(({ bytes }) => bytes.includes(secret))) return "its author";
        if (xmp || iptc || comments) return "texts";
        if (exif && (picture.format !== "jpeg" || orientation === 1 || exif.length > 32))
          return "EXIF";
        if (icc && (picture.format !== "jpeg" || icc.length > 396 || icc.includes("name")))
          return "a profile";
        return partsOf(picture) ?? files.slice(1).find(({ bytes }) => !isPlainWebp(bytes));
      },
    );
    expect(found).toEqual([]);
  });
});

test("a JPEG that takes too many bytes anew takes fewer, and is made smaller only when that is not enough", async () => {
  const { bytes } = all.find(({ file }) => file.name === "JPEG CMYK q95")!.file;
  const sanitized = (publishedBytes: number) =>
    sanitizeImage(decoder, bytes, { ...imageLimits, publishedBytes });
  const [best, fewer, smaller] = [
    await sanitized(99_999),
    await sanitized(45_000),
    await sanitized(9_000),
  ];
  const widths = [best, fewer, smaller].map(({ width }) => width);
  expect(widths).toEqual([331, 331, smaller.width]);
  expect(smaller.width).toBeLessThan(331);
  expect(best.bytes.length).toBeGreaterThan(45_000);
  expect(fewer.bytes.length).toBeLessThanOrEqual(45_000);
  expect(smaller.bytes.length).toBeLessThanOrEqual(9_000);
});

test("a picture whose pixel data contains an archive's signature is encoded anew", async () => {
  for (const mark of ["Rar!\x1a\x07", "7z\xbc\xaf\x27\x1c", "PK\x05\x06"]) {
    const row = Buffer.concat([
      Buffer.from([0]),
      Buffer.alloc(20 * 3, `pixels of ${mark}`, "latin1"),
    ]);
    const rows = Buffer.concat(Array.from({ length: 20 }, () => row));
    const idat = chunk("IDAT", deflateSync(rows, { level: 0 }));
    const bytes = pngOf(header(20, 20), idat, chunk("IEND"));
    expect(polyglotFormat(bytes)).toBeDefined();

    const picture = await sanitizeImage(decoder, bytes, imageLimits);

    expect(picture.rewritten).toBe(true);
    expect(polyglotFormat(picture.bytes)).toBeUndefined();
    expect(await pixelsOf(picture.bytes)).toEqual(await pixelsOf(bytes));
  }
});

/** The mean difference of two pictures' colours, 0 to 255, at 24 px a side. */
async function distance(one: Buffer, other: Buffer): Promise<number> {
  const small = (bytes: Buffer) =>
    sharp(bytes)
      .autoOrient()
      .toColourspace("srgb")
      .ensureAlpha()
      .flatten({ background: "#888" })
      .resize(24, 24, { fit: "fill" })
      .raw()
      .toBuffer();
  const [a, b] = await Promise.all([small(one), small(other)]);
  return a.reduce((sum, value, index) => sum + Math.abs(value - b[index]!), 0) / a.length;
}

/** The parts of a published file that are not its picture; undefined when there are none. */
function partsOf({ format, bytes }: PreparedPicture): string[] | undefined {
  if (format === "webp") return isPlainWebp(bytes) ? undefined : ["a chunk"];
  if (format === "jpeg")
    return bytes.readUInt16BE(bytes.length - 2) === 0xffd9 ? undefined : ["a tail"];
  const others = chunksOf(bytes).filter(({ type }) => !/^(IHDR|sRGB|IDAT|IEND)$/.test(type));
  return others.length === 0 ? undefined : others.map(({ type }) => type);
}

/** Whether a WebP has only chunks of pixels, and nothing after them. */
function isPlainWebp(bytes: Buffer): boolean {
  let at = 12;
  while (at + 8 <= bytes.length) {
    if (!/^(VP8[ LX]|ALPH|ANIM|ANMF)$/.test(bytes.toString("latin1", at, at + 4))) return false;
    at += 8 + bytes.readUInt32LE(at + 4) + (bytes.readUInt32LE(at + 4) % 2);
  }
  return at === bytes.length && bytes.readUInt32LE(4) === at - 8;
}
