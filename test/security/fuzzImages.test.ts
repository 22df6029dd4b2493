import { crc32, deflateSync, inflateSync } from "node:zlib";
import { AppError } from "@keepsake/contract/errors";
import { decodeBase64 } from "@keepsake/core/imaging/base64";
import { hasOnlyPictureChunks, holdsOnlyPixels } from "@keepsake/core/imaging/formats/png";
import { sanitizeImage } from "@keepsake/core/imaging/sanitizeImage";
import { imageLimits, validateHeader } from "@keepsake/core/imaging/validateHeader";
import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { chunk, chunksOf, header, pngOf, signature } from "../support/images.ts";
import { noise } from "./hostile/bytes.ts";

describe("of a PNG that somebody tampered with", () => {
  test("the walker passes exactly what a slow and obvious one passes", () => {
    let passed = 0;
    fc.assert(
      fc.property(tampered(), (bytes) => {
        const isClean = hasOnlyPictureChunks(bytes);
        expect(isClean).toBe(isObviouslyClean(bytes));
        passed += Number(isClean);
      }),
      { numRuns: 4_000 },
    );
    expect(passed).toBeGreaterThan(400); // or the property says nothing
  });

  test("what is published decodes fully and is nothing but a picture; all else is refused", async () => {
    await fc.assert(
      fc.asyncProperty(tampered(), async (bytes) => {
        const published = await publishedOf(bytes);
        if (!published) return;
        expect(hasOnlyPictureChunks(published) && (await holdsOnlyPixels(published))).toBe(true);
        await sharp(published, { failOn: "warning" }).raw().toBuffer();
        if (published.equals(bytes)) expect(isObviouslyClean(bytes)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("the walker refuses any chunk that is not on its list, wherever it stands", () => {
    const letter = fc.integer({ min: 0, max: 51 }).map((n) => (n < 26 ? 65 : 71) + n);
    const type = fc
      .array(letter, { minLength: 4, maxLength: 4 })
      .map((codes) => String.fromCharCode(...codes))
      .filter((name) => !listed.includes(name));
    fc.assert(
      fc.property(
        pictures(),
        type,
        fc.uint8Array({ maxLength: 20 }),
        fc.nat(),
        (base, name, data, at) => {
          const chunks = chunksOf(base).map((found) => chunk(found.type, found.data));
          const place = at % (chunks.length + 1);
          expect(
            hasOnlyPictureChunks(
              pngOf(...chunks.toSpliced(place, 0, chunk(name, Buffer.from(data)))),
            ),
          ).toBe(false);
        },
      ),
    );
  });

  test("the walker refuses any wrong CRC, any byte behind the end, and any other order", () => {
    fc.assert(
      fc.property(
        pictures(),
        fc.nat(),
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        (base, which, turn) => {
          const chunks = chunksOf(base).map((found) => chunk(found.type, found.data));
          const broken = Buffer.from(chunks[which % chunks.length]!);
          broken.writeUInt32BE(
            (broken.readUInt32BE(broken.length - 4) ^ turn) >>> 0,
            broken.length - 4,
          );
          expect(hasOnlyPictureChunks(pngOf(...chunks.with(which % chunks.length, broken)))).toBe(
            false,
          );
          expect(hasOnlyPictureChunks(Buffer.concat([base, Buffer.from([turn & 255])]))).toBe(
            false,
          );
          expect(hasOnlyPictureChunks(pngOf(...chunks.toReversed()))).toBe(false);
          const [first, ...rest] = chunks;
          expect(hasOnlyPictureChunks(pngOf(...rest, first!))).toBe(false);
        },
      ),
    );
  });
});

test("the pixels of a PNG are exactly its rows, of any size, depth, colour, in any of both orders", async () => {
  const shape = fc.record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    kind: fc.constantFrom(...kinds),
    interlaced: fc.boolean(),
    more: fc.constantFrom(-1, 0, 0, 1, 1_000),
    behind: fc.constantFrom(0, 0, 1, 100),
  });
  await fc.assert(
    fc.asyncProperty(shape, async ({ width, height, kind, interlaced, more, behind }) => {
      const [depth, colour] = kind;
      const rows = obviousRows(width, height, depth * channels[colour]!, interlaced);
      const total = rows.reduce((sum, bytes) => sum + bytes, more);
      const packed = deflateSync(Buffer.alloc(Math.max(0, total)));
      const ihdr = header(width, height, depth, colour);
      ihdr[20] = Number(interlaced);
      const idat = chunk("IDAT", Buffer.concat([packed, Buffer.alloc(behind, "x")]));
      const bytes = pngOf(chunk("IHDR", ihdr.subarray(8, 21)), idat, chunk("IEND"));

      expect(await holdsOnlyPixels(bytes)).toBe(more === 0 && behind === 0);
    }),
    { numRuns: 600 },
  );
});

test("what passes for the pixels of a PNG, sharp decodes without a warning", async () => {
  const shape = fc.record({
    width: fc.integer({ min: 16, max: 60 }),
    height: fc.integer({ min: 16, max: 60 }),
    kind: fc.constantFrom(...kinds.filter(([, colour]) => colour !== 3)),
    interlaced: fc.boolean(),
    seed: fc.string(),
    filters: fc.constantFrom(4, 4, 4, 5),
    windowBits: fc.integer({ min: 9, max: 15 }),
    turned: fc.constantFrom(undefined, undefined, 0, 1, 2, 0.1, 0.5, 0.9, -4, -1),
  });
  let [passed, refused] = [0, 0];
  await fc.assert(
    fc.asyncProperty(shape, async ({ width, height, kind, interlaced, ...rest }) => {
      const [depth, colour] = kind;
      const sizes = obviousRows(width, height, depth * channels[colour]!, interlaced);
      const rows = sizes.map((bytes, row) => {
        const pixels = Buffer.from(noise(`${rest.seed} ${row}`, bytes));
        pixels[0] = pixels[0]! % (rest.filters + 1);
        return pixels;
      });
      const { windowBits, turned } = rest;
      const packed = deflateSync(Buffer.concat(rows), { windowBits });
      if (turned !== undefined) packed[placeIn(packed, turned)]! ^= 1;
      const ihdr = header(width, height, depth, colour);
      ihdr[20] = Number(interlaced);
      const bytes = pngOf(
        chunk("IHDR", ihdr.subarray(8, 21)),
        chunk("IDAT", packed),
        chunk("IEND"),
      );

      if (await holdsOnlyPixels(bytes)) {
        passed += 1;
        await sharp(bytes, { failOn: "warning" }).raw().toBuffer();
      } else refused += 1;
      if (turned === undefined && rest.filters === 4)
        expect(await holdsOnlyPixels(bytes)).toBe(true);
    }),
    { numRuns: 400 },
  );
  expect(Math.min(passed, refused)).toBeGreaterThan(50); // or the property says nothing
});

/** A place from the start, or the end, or this far through. */
const placeIn = ({ length }: Buffer, place: number) =>
  place < 0 ? length + place : place < 1 ? Math.floor(length * place) : place;

describe("of a file in any of the formats with bytes that were turned", () => {
  let files: Buffer[];
  beforeAll(async () => {
    const raw = { width: 48, height: 32, channels: 3 as const };
    const picture = sharp(noise("turned", 48 * 32 * 3), { raw });
    files = await Promise.all([
      picture
        .clone()
        .jpeg()
        .withExif({ IFD0: { Artist: "secret" } })
        .toBuffer(),
      picture.clone().jpeg({ progressive: true }).toBuffer(),
      picture.clone().webp().toBuffer(),
      picture
        .clone()
        .webp({ lossless: true })
        .withExif({ IFD0: { Artist: "secret" } })
        .toBuffer(),
      picture.clone().gif().toBuffer(),
      picture.clone().avif({ effort: 0 }).toBuffer(),
      picture.clone().png({ palette: true }).toBuffer(),
    ]);
  });

  test("nothing is published but a picture without a word, and nothing fails but as foreseen", async () => {
    const turns = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(6),
        turns,
        fc.option(fc.nat(2_000)),
        async (which, bytesTurned, cutTo) => {
          const bytes = Buffer.from(files[which]!.subarray(0, cutTo ?? undefined));
          for (const [at, value] of bytesTurned) bytes[Math.floor(at * (bytes.length - 1))] = value;

          const published = await publishedOf(bytes);
          if (!published) return;
          const { exif, xmp, icc, iptc } = await sharp(published).metadata();
          expect({ exif, xmp, icc, iptc }).toEqual({});
          await sharp(published, { failOn: "warning" }).raw().toBuffer();
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("the base64 check", () => {
  test("agrees with a slow and obvious one, labels and all", () => {
    const label = fc.constantFrom(
      ...[
        "",
        "",
        "data:image/png;base64,",
        "data:image/jpeg;base64,",
        "data:image/abcdefgh;base64,",
      ],
      ...[
        "data:image/abcdefghi;base64,",
        "data:image/;base64,",
        "data:image/PNG;base64,",
        "data:,",
      ],
      ...["data:image/png;base64, ", "data:image/png;charset=x;base64,", "data:text/html;base64,"],
    );
    const letters = [..."ABCDwxyz0189+/=-_ \n.,é"];
    const right = fc
      .uint8Array({ maxLength: 40 })
      .map((bytes) => Buffer.from(bytes).toString("base64"));
    const wrong = fc.string({ unit: fc.constantFrom(...letters), maxLength: 12 });
    const text = fc.oneof(
      right,
      wrong,
      fc.tuple(right, wrong).map(([a, b]) => a + b),
    );
    fc.assert(
      fc.property(fc.tuple(label, label, text), ([first, second, rest]) => {
        const sent = `${first}${second}${rest}`;
        expect(fastly(sent)).toEqual(slowly(sent));
      }),
      { numRuns: 15_000 },
    );
  });

  const fastly = (text: string) => {
    try {
      return [...decodeBase64(text).bytes];
    } catch {
      return undefined;
    }
  };

  /** Letter by letter, six bits each. */
  function slowly(text: string): number[] | undefined {
    const base64 = text.replace(/^data:image\/[a-z]{1,8};base64,/, "");
    if (base64 === "" || base64.length % 4 !== 0) return undefined;
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const letters = base64.replace(/==?$/, "");
    let bits = "";
    for (const letter of letters) {
      if (!alphabet.includes(letter)) return undefined;
      bits += alphabet.indexOf(letter).toString(2).padStart(6, "0");
    }
    const whole = bits.length - (bits.length % 8);
    if (bits.slice(whole).includes("1")) return undefined;
    return bits
      .slice(0, whole)
      .match(/.{8}/g)
      ?.map((byte) => Number.parseInt(byte, 2));
  }
});

/** What is published of a file; undefined when it is refused, for a reason that its sender is told. */
async function publishedOf(bytes: Buffer): Promise<Buffer | undefined> {
  try {
    validateHeader(bytes, imageLimits);
    return Buffer.from((await sanitizeImage(bytes, imageLimits)).bytes);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).toMatch(/^image\./);
    return undefined;
  }
}

const listed = ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "pHYs", "sRGB"];

/** Bit depths with colour types, as the PNG specification pairs them. */
const kinds: [depth: number, colour: number][] = [
  ...[1, 2, 4, 8, 16].map((depth): [number, number] => [depth, 0]),
  ...[8, 16].flatMap((depth): [number, number][] => [2, 4, 6].map((colour) => [depth, colour])),
  ...[1, 2, 4, 8].map((depth): [number, number] => [depth, 3]),
];

const channels: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Small clean PNGs of every kind, with every chunk that is allowed, or without. */
function pictures(): fc.Arbitrary<Buffer> {
  return fc.record({ kind: fc.constantFrom(...kinds), all: fc.boolean() }).map(({ kind, all }) => {
    const [depth, colour] = kind;
    const rowBytes = Math.ceil((16 * depth * channels[colour]!) / 8);
    const rows = Buffer.from(noise(`${kind}`, (rowBytes + 1) * 16));
    for (let at = 0; at < rows.length; at += rowBytes + 1) rows[at] = 0;
    const transparency = { 0: 2, 2: 6, 3: 2 }[colour];
    return pngOf(
      header(16, 16, depth, colour),
      ...(all ? [chunk("sRGB", Buffer.alloc(1)), chunk("pHYs", Buffer.alloc(9))] : []),
      ...(colour === 3 ? [chunk("PLTE", noise("palette", 6))] : []),
      ...(all && transparency ? [chunk("tRNS", Buffer.alloc(transparency))] : []),
      chunk("IDAT", deflateSync(rows)),
      chunk("IEND"),
    );
  });
}

type Chunk = { type: string; data: Buffer };

/** A clean PNG after up to three changes, most of which leave lengths and CRCs right. */
function tampered(): fc.Arbitrary<Buffer> {
  const type = fc.constantFrom(...listed, ...listed, "tEXt", "iCCP", "acTL", "idat");
  const data = fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes));
  const change = fc.oneof(
    fc.tuple(fc.constant("move" as const), fc.nat(), fc.nat()),
    fc.tuple(fc.constant("double" as const), fc.nat(), fc.nat()),
    fc.tuple(fc.constant("drop" as const), fc.nat(), fc.nat()),
    fc.tuple(fc.constant("split" as const), fc.nat(), fc.nat()),
    fc.tuple(fc.constant("turn" as const), fc.nat(), fc.nat()),
    fc.tuple(fc.constant("shorten" as const), fc.nat(), fc.nat(20)),
    fc.tuple(fc.constant("repack" as const), fc.nat(), fc.nat()),
    fc.tuple(fc.constant("lengthen" as const), fc.nat(), data),
    fc.tuple(fc.constant("rename" as const), fc.nat(), type),
    fc.tuple(fc.constant("insert" as const), fc.nat(), fc.record({ type, data })),
  );
  const after = fc.oneof(
    { weight: 6, arbitrary: fc.constant((bytes: Buffer) => bytes) },
    fc.tuple(fc.nat(), fc.nat(7)).map(([at, bit]) => (bytes: Buffer) => {
      bytes[at % bytes.length]! ^= 1 << bit;
      return bytes;
    }),
    data.map((more) => (bytes: Buffer) => Buffer.concat([bytes, more])),
    fc.nat(200).map((less) => (bytes: Buffer) => bytes.subarray(0, -less || undefined)),
  );
  return fc
    .tuple(pictures(), fc.array(change, { maxLength: 3 }), after)
    .map(([base, changes, finish]) => {
      let chunks: Chunk[] = chunksOf(base);
      for (const [kind, at, detail] of changes)
        if (chunks.length > 0) chunks = changed(chunks, kind, at % chunks.length, detail);
      return finish(pngOf(...chunks.map(({ type, data }) => chunk(type, data))));
    });
}

function changed(chunks: Chunk[], kind: string, at: number, detail: unknown): Chunk[] {
  const { type, data } = chunks[at]!;
  const number = typeof detail === "number" ? detail : 0;
  const cut = number % (data.length + 1);
  switch (kind) {
    case "move":
      return chunks.toSpliced(at, 1).toSpliced(number % chunks.length, 0, { type, data });
    case "double":
      return chunks.toSpliced(at, 0, { type, data });
    case "drop":
      return chunks.toSpliced(at, 1);
    case "split":
      return chunks.toSpliced(
        at,
        1,
        { type, data: data.subarray(0, cut) },
        { type, data: data.subarray(cut) },
      );
    case "turn": {
      const turned = Buffer.from(data);
      if (turned.length > 0) turned[number % turned.length]! ^= 1 + (number % 255);
      return chunks.with(at, { type, data: turned });
    }
    case "shorten":
      return chunks.with(at, { type, data: data.subarray(0, Math.max(0, data.length - number)) });
    case "repack":
      return chunks.map((found) =>
        found.type === "IDAT" ? { type: "IDAT", data: repacked(found.data, number) } : found,
      );
    case "lengthen":
      return chunks.with(at, { type, data: Buffer.concat([data, detail as Buffer]) });
    case "rename":
      return chunks.with(at, { type: detail as string, data });
    default:
      return chunks.toSpliced(at, 0, detail as Chunk);
  }
}

/** The same rows with a byte turned, a filter changed, some bytes less or more, in a whole stream. */
function repacked(packed: Buffer, number: number): Buffer {
  let rows: Buffer;
  try {
    rows = inflateSync(packed);
  } catch {
    return packed;
  }
  if (number % 4 === 0) rows[number % rows.length]! ^= 1 + (number % 255);
  if (number % 4 === 1) rows = rows.subarray(0, -(number % 40) || undefined);
  if (number % 4 === 2) rows = Buffer.concat([rows, Buffer.alloc(number % 40)]);
  if (number % 4 === 3) rows[0] = number % 9;
  return deflateSync(rows);
}

/** The PNG specification's words, one after another, without any thought of speed. */
function isObviouslyClean(bytes: Buffer): boolean {
  if (!bytes.subarray(0, 8).equals(signature)) return false;
  const chunks: Chunk[] = [];
  for (let rest = bytes.subarray(8); rest.length > 0; ) {
    if (rest.length < 12) return false;
    const length = rest.readUInt32BE(0);
    if (rest.length < length + 12) return false;
    if (crc32(rest.subarray(4, 8 + length)) !== rest.readUInt32BE(8 + length)) return false;
    chunks.push({ type: rest.toString("latin1", 4, 8), data: rest.subarray(8, 8 + length) });
    rest = rest.subarray(12 + length);
  }

  const order = chunks.map(({ type }) => type).join(" ");
  const withoutPalette = /^IHDR (?:(?:sRGB|pHYs|tRNS) )*(?:IDAT )+IEND$/;
  const withPalette = /^IHDR (?:(?:sRGB|pHYs) )*PLTE (?:(?:pHYs|tRNS) )*(?:IDAT )+IEND$/;
  if (!withoutPalette.test(order) && !withPalette.test(order)) return false;
  const all = (type: string) =>
    chunks.filter((found) => found.type === type).map(({ data }) => data);
  if (listed.some((type) => type !== "IDAT" && all(type).length > 1)) return false;

  const [ihdr = Buffer.alloc(0)] = all("IHDR");
  if (ihdr.length !== 13 || ihdr.readUInt32BE(0) === 0 || ihdr.readUInt32BE(4) === 0) return false;
  const [depth = 0, colour = 0, compression, filter, interlace = 0] = ihdr.subarray(8);
  if (!kinds.some((kind) => kind[0] === depth && kind[1] === colour)) return false;
  if (compression !== 0 || filter !== 0 || interlace > 1) return false;

  const [palette] = all("PLTE");
  const mostColours = colour === 3 ? 2 ** depth : 256;
  if (colour === 3 && !palette) return false;
  if (palette && (colour === 0 || colour === 4)) return false;
  if (palette && (palette.length === 0 || palette.length % 3 !== 0)) return false;
  if (palette && palette.length / 3 > mostColours) return false;

  const [transparency] = all("tRNS");
  if (transparency && colour === 0 && transparency.length !== 2) return false;
  if (transparency && colour === 2 && transparency.length !== 6) return false;
  if (transparency && colour === 3 && transparency.length === 0) return false;
  if (transparency && colour === 3 && transparency.length > palette!.length / 3) return false;
  if (transparency && colour > 3) return false;

  const [srgb] = all("sRGB");
  if (srgb && (srgb.length !== 1 || srgb[0]! > 3)) return false;
  const [phys] = all("pHYs");
  if (phys && (phys.length !== 9 || phys[8]! > 1)) return false;
  return all("IEND")[0]!.length === 0;
}

/**
 * The bytes of each row, in order: each pixel is put into its pass of the eight by eight pattern, one by
 * one.
 */
function obviousRows(width: number, height: number, bits: number, interlaced: boolean): number[] {
  const pattern = [
    "16462646",
    "77777777",
    "56565656",
    "77777777",
    "36463646",
    "77777777",
    "56565656",
    "77777777",
  ];
  const rows = new Map<string, number>();
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      const row = `${interlaced ? pattern[y % 8]![x % 8] : 0} ${String(y).padStart(4, "0")}`;
      rows.set(row, (rows.get(row) ?? 0) + 1);
    }
  const inOrder = [...rows].sort(([one], [other]) => (one < other ? -1 : 1));
  return inOrder.map(([, pixels]) => 1 + Math.ceil((pixels * bits) / 8));
}
