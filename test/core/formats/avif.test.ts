import { isAvifWithinBounds, readAvif } from "@keepsake/core/imaging/formats/avif";
import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { noise, patched } from "../../security/hostile/byteHelpers.ts";
import { avif, box } from "../../support/avif.ts";

const picture = (width: number, height: number) =>
  sharp(noise("avif", width * height * 3), { raw: { width, height, channels: 3 } });

describe("what an AVIF contains", () => {
  let plain: Buffer;
  beforeAll(async () => {
    plain = await picture(48, 32).avif({ effort: 0 }).toBuffer();
  });

  test("is read as sharp reads it", async () => {
    expect(readAvif(plain)).toEqual({ width: 48, height: 32, items: 1, tiles: 1, frames: 1 });
    const alpha = await picture(40, 20).ensureAlpha(0.5).avif({ effort: 0 }).toBuffer();
    expect(readAvif(alpha)).toMatchObject({ width: 40, height: 20, items: 2, tiles: 1 });
    const exif = picture(33, 17).withExif({ IFD0: { Artist: "A. Wanderer" } });
    const bytes = await exif.avif({ effort: 0 }).toBuffer();
    const { width, height } = await sharp(bytes).metadata();
    expect(readAvif(bytes)).toMatchObject({ width, height, items: 2 });
  });

  test("includes the tiles of a grid, and the frames of a sequence", () => {
    expect(readAvif(avif({}))).toEqual({ width: 64, height: 64, items: 1, tiles: 1, frames: 1 });
    const grid = { types: ["grid", "av01", "av01"], tiles: [2, 3, 2, 3] };
    expect(readAvif(avif(grid))).toMatchObject({ width: 64, height: 64, items: 3, tiles: 4 });
    expect(readAvif(avif({ frames: [7, 90] }))).toMatchObject({ frames: 90 });
  });

  test("is within bounds with up to 16 megapixels, 256 tiles, 600 items and 300 frames", () => {
    const plainest = { width: 4_000, height: 4_000, items: 1, tiles: 1, frames: 1 };
    expect(isAvifWithinBounds(plainest)).toBe(true);
    expect(isAvifWithinBounds({ ...plainest, tiles: 256, items: 600 })).toBe(true);
    expect(isAvifWithinBounds({ ...plainest, height: 4_001 })).toBe(false);
    expect(isAvifWithinBounds({ ...plainest, tiles: 257 })).toBe(false);
    expect(isAvifWithinBounds({ ...plainest, items: 601 })).toBe(false);
    expect(isAvifWithinBounds({ ...plainest, frames: 3 })).toBe(false);
    expect(isAvifWithinBounds({ ...plainest, width: 16, frames: 301 })).toBe(false);
  });

  test("is unknown when it is put together in another way than as a grid of pictures", () => {
    expect(readAvif(avif({ types: ["iovl", "av01"] }))).toBeUndefined();
    expect(readAvif(avif({ types: ["av01", "iden"] }))).toBeUndefined();
    expect(readAvif(avif({ types: ["hvc1"] }))).toBeUndefined();
    expect(readAvif(avif({ types: ["grid", "grid"], tiles: [2] }))).toBeUndefined();
    expect(readAvif(avif({ types: ["grid", "av01"], tiles: [9] }))).toBeUndefined();
    expect(readAvif(avif({ sizes: 0 }))).toBeUndefined();
    expect(readAvif(avif({ sizes: 2 }))).toBeUndefined();
  });

  test("is unknown when a box is cut off, missing, or there are too many", () => {
    const pixels = plain.indexOf("mdat");
    for (let length = 0; length < plain.length; length += length < pixels + 9 ? 1 : 101)
      expect(length === pixels - 4 || readAvif(plain.subarray(0, length)) === undefined).toBe(true);
    for (const type of ["meta", "pitm", "iinf", "iprp", "ipco", "ispe", "ipma", "ftyp"])
      expect(readAvif(patched(plain, type, "free"))).toBeUndefined();
    const many = Buffer.alloc(8 * 1_000_000, box("free"));
    expect(readAvif(Buffer.concat([plain, many]))).toBeUndefined();
    expect(readAvif(Buffer.concat([plain, box("free")]))).toBeDefined();
    expect(readAvif(Buffer.alloc(0))).toBeUndefined();
  });

  test("never makes its reader throw, whatever changes in it", async () => {
    const files = [plain, avif({ types: ["grid", "av01"], tiles: [2, 2] }), avif({ frames: [3] })];
    const changes = fc.array(fc.tuple(fc.nat(9_999), fc.nat(255)), { maxLength: 4 });
    let known = 0;
    fc.assert(
      fc.property(fc.nat(2), changes, fc.option(fc.nat(600)), (index, changed, cutTo) => {
        const bytes = Buffer.from(files[index]!.subarray(0, cutTo ?? undefined));
        for (const [place, value] of changed)
          bytes[Math.floor((place * Math.min(bytes.length, 400)) / 10_000)] = value;
        if (readAvif(bytes)) known += 1;
      }),
      { numRuns: 3_000 },
    );

    expect(known).toBeGreaterThan(200); // otherwise the property proves nothing
  });
});
