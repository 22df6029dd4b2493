import { deflateSync } from "node:zlib";
import { AppError } from "@keepsake/contract/errors";
import { decodeBase64 } from "@keepsake/core/imaging/base64";
import { stripPng } from "@keepsake/core/imaging/formats/stripPng";
import { sanitizeImage } from "@keepsake/core/imaging/sanitizeImage";
import { imageLimits, validateHeader } from "@keepsake/core/imaging/validateHeader";
import { decoder } from "@keepsake/functions/services/decoder";
import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { chunk, chunksOf, header, pngOf } from "../support/images.ts";
import { noise } from "./hostile/byteHelpers.ts";
import { foreignData } from "./support/checkPublishedImage.ts";
import { changedPngs, plainPngs } from "./support/randomPngs.ts";
import { channels, decodeSlowly, isPlainPng, kinds, rowSizes } from "./support/referenceChecks.ts";

describe("for a PNG with random changes,", () => {
  const keptOf = async (bytes: Buffer) => (await stripPng(bytes))?.bytes;

  test("it passes unchanged exactly when a slow and simple check accepts it", async ({ task }) => {
    task.meta.cases = 4_000;
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(changedPngs(), changedPngs(plainPngs())), async (bytes) => {
        const isAccepted = (await keptOf(bytes)) === bytes;
        expect(isAccepted).toBe(isPlainPng(bytes));
        accepted += Number(isAccepted);
      }),
      { numRuns: task.meta.cases },
    );
    expect(accepted).toBeGreaterThan(400); // otherwise the property proves nothing
  });

  test("what is published decodes fully and contains only picture data; everything else is rejected", async ({
    task,
  }) => {
    task.meta.cases = 500;
    await fc.assert(
      fc.asyncProperty(changedPngs(), async (bytes) => {
        const published = await publishedOf(bytes);
        if (!published) return;
        expect(foreignData(published, "image/png")).toBeUndefined();
        await sharp(published, { failOn: "warning" }).raw().toBuffer();
        if (published.equals(bytes)) expect(isPlainPng(bytes)).toBe(true);
      }),
      { numRuns: task.meta.cases },
    );
  });

  test("no chunk passes that is not part of a plain picture, at any position", async ({ task }) => {
    task.meta.cases = 200;
    const letter = fc.integer({ min: 0, max: 51 }).map((n) => (n < 26 ? 65 : 71) + n);
    const type = fc
      .array(letter, { minLength: 4, maxLength: 4 })
      .map((codes) => String.fromCharCode(...codes))
      .filter((name) => !["IHDR", "IDAT", "IEND", "sRGB"].includes(name));
    await fc.assert(
      fc.asyncProperty(
        plainPngs(),
        fc.oneof(type, fc.constantFrom("PLTE", "tRNS", "pHYs", "iCCP", "gAMA", "cHRM", "eXIf")),
        fc.uint8Array({ maxLength: 20 }),
        fc.nat(),
        async (base, name, data, at) => {
          const chunks = chunksOf(base).map(({ type, data }) => chunk(type, data));
          const place = at % (chunks.length + 1);
          const extra = chunk(name, Buffer.from(data));
          const kept = await keptOf(pngOf(...chunks.toSpliced(place, 0, extra)));
          if (kept) expect(kept).toEqual(base);
          const isCritical = name[0] === name[0]!.toUpperCase();
          if (place === 0 || (isCritical && place < chunks.length)) expect(kept).toBeUndefined();
        },
      ),
      { numRuns: task.meta.cases },
    );
  });

  test("none passes with a wrong CRC or another order, and no byte after its end does", async ({
    task,
  }) => {
    const numRuns = 100;
    task.meta.cases = 4 * numRuns;
    await fc.assert(
      fc.asyncProperty(
        plainPngs(),
        fc.nat(),
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        async (base, index, change) => {
          const chunks = chunksOf(base).map(({ type, data }) => chunk(type, data));
          const broken = Buffer.from(chunks[index % chunks.length]!);
          broken.writeUInt32BE(
            (broken.readUInt32BE(broken.length - 4) ^ change) >>> 0,
            broken.length - 4,
          );
          const damaged = pngOf(...chunks.with(index % chunks.length, broken));
          expect(await keptOf(damaged)).toBeUndefined();
          const longer = Buffer.concat([base, Buffer.from([change & 255])]);
          expect(await keptOf(longer)).toEqual(base);
          expect(await keptOf(pngOf(...chunks.toReversed()))).toBeUndefined();
          const [first, ...rest] = chunks;
          expect(await keptOf(pngOf(...rest, first!))).toBeUndefined();
        },
      ),
      { numRuns },
    );
  });
});

/** Kinds of PNG whose pixels may pass: 8 bits in grey, RGB and RGBA. */
const plainKinds = kinds.filter(([depth, colour]) => depth === 8 && [0, 2, 6].includes(colour));

test("the pixel data of a PNG must be exactly its rows, and a PNG of another depth, palette or with interlacing never passes", async ({
  task,
}) => {
  task.meta.cases = 900;
  const shape = fc.record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    kind: fc.oneof(fc.constantFrom(...plainKinds), fc.constantFrom(...kinds)),
    interlaced: fc.constantFrom(false, false, true),
    more: fc.constantFrom(-1, 0, 0, 1, 1_000),
    after: fc.constantFrom(0, 0, 1, 100),
  });
  let accepted = 0;
  await fc.assert(
    fc.asyncProperty(shape, async ({ width, height, kind, interlaced, more, after }) => {
      const [depth, colour] = kind;
      const rows = rowSizes(width, height, depth * channels[colour]!, interlaced);
      const total = rows.reduce((sum, bytes) => sum + bytes, more);
      const packed = deflateSync(Buffer.alloc(Math.max(0, total)));
      const ihdr = header(width, height, depth, colour);
      ihdr[20] = Number(interlaced);
      const idat = chunk("IDAT", Buffer.concat([packed, Buffer.alloc(after, "x")]));
      const bytes = pngOf(chunk("IHDR", ihdr.subarray(8, 21)), idat, chunk("IEND"));

      const isPlain = plainKinds.includes(kind) && !interlaced;
      const passes = (await stripPng(bytes)) !== undefined;
      expect(passes).toBe(isPlain && more === 0 && after === 0);
      accepted += Number(passes);
    }),
    { numRuns: task.meta.cases },
  );
  expect(accepted).toBeGreaterThan(50); // otherwise the property proves nothing
});

test("sharp decodes without a warning every PNG that passes", async ({ task }) => {
  task.meta.cases = 400;
  const shape = fc.record({
    width: fc.integer({ min: 16, max: 60 }),
    height: fc.integer({ min: 16, max: 60 }),
    kind: fc.constantFrom(...plainKinds),
    seed: fc.string(),
    filters: fc.constantFrom(4, 4, 4, 5),
    windowBits: fc.constantFrom(9, 11, 13, 14, 15, 15, 15),
    statedBits: fc.constantFrom(undefined, undefined, undefined, 8, 9, 12),
    changedAt: fc.oneof(fc.constant(undefined), fc.constantFrom(0, 1, 2, 0.1, 0.5, 0.9, -4, -1)),
  });
  let [accepted, rejected] = [0, 0];
  await fc.assert(
    fc.asyncProperty(shape, async ({ width, height, kind, ...rest }) => {
      const [depth, colour] = kind;
      const sizes = rowSizes(width, height, depth * channels[colour]!, false);
      const rows = sizes.map((bytes, row) => {
        const pixels = Buffer.from(noise(`${rest.seed} ${row}`, bytes));
        pixels[0] = pixels[0]! % (rest.filters + 1);
        return pixels;
      });
      const { windowBits, statedBits, changedAt } = rest;
      const raw = Buffer.concat(rows);
      const packed = deflateSync(raw, { windowBits });
      if (statedBits !== undefined) {
        packed[0] = ((statedBits - 8) << 4) | 8;
        packed[1] = 31 - ((packed[0] * 256) % 31);
      }
      if (changedAt !== undefined) packed[indexIn(packed, changedAt)]! ^= 1;
      const size = header(width, height, depth, colour);
      const bytes = pngOf(size, chunk("IDAT", packed), chunk("IEND"));

      const passes = (await stripPng(bytes)) !== undefined;
      if (passes) {
        accepted += 1;
        await sharp(bytes, { failOn: "warning" }).raw().toBuffer();
      } else rejected += 1;
      const bits = statedBits ?? windowBits;
      const isWideEnough = bits === 15 || raw.length <= 2 ** bits;
      if (changedAt === undefined && rest.filters === 4 && isWideEnough) expect(passes).toBe(true);
    }),
    { numRuns: task.meta.cases },
  );
  expect(Math.min(accepted, rejected)).toBeGreaterThan(50); // otherwise the property proves nothing
});

/** An index from the start, from the end if negative, or at a fraction of the length. */
const indexIn = ({ length }: Buffer, place: number) =>
  place < 0 ? length + place : place < 1 ? Math.floor(length * place) : place;

describe("for a file of any format with random bytes changed,", () => {
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

  test("only an image without metadata is published, and every error is an expected one", async ({
    task,
  }) => {
    task.meta.cases = 500;
    const changes = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), {
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.nat(6),
        changes,
        fc.option(fc.nat(2_000)),
        async (index, changedBytes, cutTo) => {
          const bytes = Buffer.from(files[index]!.subarray(0, cutTo ?? undefined));
          for (const [at, value] of changedBytes)
            bytes[Math.floor(at * (bytes.length - 1))] = value;

          const published = await publishedOf(bytes);
          if (!published) return;
          const { format, xmp, iptc } = await sharp(published).metadata();
          expect({ xmp, iptc }).toEqual({});
          expect(foreignData(published, `image/${format}`)).toBeUndefined();
          await sharp(published, { failOn: "warning" }).raw().toBuffer();
        },
      ),
      { numRuns: task.meta.cases },
    );
  });
});

describe("the base64 check", () => {
  test("agrees with a slow and simple one, data URL labels included", ({ task }) => {
    task.meta.cases = 15_000;
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
    const characters = [..."ABCDwxyz0189+/=-_ \n.,é"];
    const valid = fc
      .uint8Array({ maxLength: 40 })
      .map((bytes) => Buffer.from(bytes).toString("base64"));
    const invalid = fc.string({ unit: fc.constantFrom(...characters), maxLength: 12 });
    const text = fc.oneof(
      valid,
      invalid,
      fc.tuple(valid, invalid).map(([a, b]) => a + b),
    );
    fc.assert(
      fc.property(fc.tuple(label, label, text), ([first, second, rest]) => {
        const base64 = `${first}${second}${rest}`;
        expect(decode(base64)).toEqual(decodeSlowly(base64));
      }),
      { numRuns: task.meta.cases },
    );
  });

  const decode = (text: string) => {
    try {
      return [...decodeBase64(text).bytes];
    } catch {
      return undefined;
    }
  };
});

/** What is published of a file; undefined when it is rejected with an error code for its sender. */
async function publishedOf(bytes: Buffer): Promise<Buffer | undefined> {
  try {
    validateHeader(bytes, imageLimits);
    return Buffer.from((await sanitizeImage(decoder(), bytes, imageLimits)).bytes);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).toMatch(/^image\./);
    return undefined;
  }
}
