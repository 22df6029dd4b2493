import { deflateSync } from "node:zlib";
import { stripPng } from "@keepsake/core/imaging/formats/stripPng";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { latin1, noise, uint32be, zip } from "../../security/hostile/byteHelpers.ts";
import { apng, bomb, chunk, chunksOf, header, noisePng, png, pngOf } from "../../support/images.ts";

let chunks: Buffer[];
beforeAll(async () => {
  chunks = chunksOf(await noisePng(40))
    .filter(({ type }) => type !== "pHYs") // sharp writes it
    .map(({ type, data }) => chunk(type, data));
});

/** The PNG with chunks after its header. */
const withChunks = (...more: Buffer[]) => pngOf(...chunks.toSpliced(1, 0, ...more));
const srgb = chunk("sRGB", Buffer.from([0]));

describe("a PNG keeps its own pixels", () => {
  test("and is not copied when it contains nothing else", async () => {
    for (const bytes of [pngOf(...chunks), withChunks(srgb)])
      expect((await stripPng(bytes))!.bytes).toBe(bytes);
    expect(await stripPng(await png(48))).toMatchObject({ width: 48, height: 48 });
  });

  test("without any other chunk, and without what follows its end", async () => {
    const plain = pngOf(...chunks);
    for (const type of ["tEXt", "zTXt", "iTXt", "tIME", "bKGD", "pHYs", "sBIT", "hIST", "prIv"])
      expect((await stripPng(withChunks(chunk(type, latin1("secret\0plans")))))!.bytes).toEqual(
        plain,
      );
    const last = chunks.toSpliced(-1, 0, chunk("tEXt", latin1("parameters\0secret")));
    expect((await stripPng(pngOf(...last)))!.bytes).toEqual(plain);
    const followed = Buffer.concat([plain, zip("secret.txt", "plans")]);
    expect((await stripPng(followed))!.bytes).toEqual(plain);
    const both = withChunks(chunk("tEXt", latin1("secret\0")), srgb, chunk("tIME"));
    expect((await stripPng(both))!.bytes).toEqual(withChunks(srgb));
  });

  test("without chunks that state sRGB in other words", async () => {
    const stated = withChunks(
      chunk("gAMA", uint32be(45_455)),
      chunk("cHRM", uint32be(31_269, 32_899, 63_999, 33_001, 30_000, 60_000, 14_999, 5_999)),
      chunk("cICP", Buffer.from([1, 13, 0, 1])),
    );
    expect((await stripPng(stated))!.bytes).toEqual(pngOf(...chunks));
  });

  test("in grey, RGB and RGBA", async () => {
    for (const [colour, channels] of [
      [0, 1],
      [2, 3],
      [6, 4],
    ] as const) {
      const bytes = picture(colour, channels);
      expect((await stripPng(bytes))!.bytes).toBe(bytes);
    }
  });

  test("of an animation it keeps the first picture", async () => {
    const { bytes } = (await stripPng(await apng()))!;
    expect(chunksOf(bytes).map(({ type }) => type)).toEqual(["IHDR", "IDAT", "IEND"]);
  });
});

describe("a PNG is encoded anew", () => {
  test("with a palette, transparent colours, grey with alpha, other depths and interlacing", async () => {
    for (const options of [{ palette: true }, { progressive: true }])
      expect(
        await stripPng(
          await sharp(pngOf(...chunks))
            .png(options)
            .toBuffer(),
        ),
      ).toBeUndefined();
    const deep = await sharp(pngOf(...chunks))
      .toColourspace("rgb16")
      .png()
      .toBuffer();
    expect(deep[24]).toBe(16);
    expect(await stripPng(deep)).toBeUndefined();
    expect(await stripPng(picture(4, 2))).toBeUndefined();
    expect(await stripPng(withChunks(chunk("PLTE", Buffer.alloc(3))))).toBeUndefined();
    expect(await stripPng(withChunks(chunk("tRNS", Buffer.alloc(6))))).toBeUndefined();
    expect(await stripPng(bomb())).toBeUndefined();
  });

  test("in other colours than sRGB, or rotated", async () => {
    const wide = uint32be(31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6_000);
    const rotated = Buffer.from("4d4d002a00000008000101120003000000010006000000000000", "hex");
    for (const [type, data] of [
      ["iCCP", Buffer.concat([latin1("name\0\0"), deflateSync(noise("icc", 99))])],
      ["gAMA", uint32be(100_000)],
      ["gAMA", uint32be(1)],
      ["gAMA", Buffer.alloc(3)],
      ["cHRM", wide],
      ["cICP", Buffer.from([9, 16, 0, 1])],
      ["sRGB", Buffer.from([4])],
      ["sRGB", Buffer.from([0, 0])],
      ["eXIf", rotated],
    ] as const)
      expect(await stripPng(withChunks(chunk(type, data)))).toBeUndefined();
    rotated[19] = 1;
    expect(await stripPng(withChunks(chunk("eXIf", rotated)))).toBeDefined();
  });

  test("with an unknown critical chunk, a wrong CRC, or chunks in another order", async () => {
    const [ihdr, idat, iend] = chunks as [Buffer, Buffer, Buffer];
    const wrong = chunk("tEXt", latin1("x\0y"));
    wrong[wrong.length - 1]! ^= 1;
    const data = chunksOf(pngOf(...chunks))[1]!.data;
    const [first, second] = [chunk("IDAT", data.subarray(0, 99)), chunk("IDAT", data.subarray(99))];
    expect(await stripPng(pngOf(ihdr, first, second, iend))).toBeDefined();
    for (const order of [
      [ihdr, chunk("EVIL"), idat, iend],
      [ihdr, wrong, idat, iend],
      [ihdr, idat, srgb, iend],
      [ihdr, srgb, srgb, idat, iend],
      [ihdr, first, chunk("tEXt"), second, iend],
      [ihdr, ihdr, idat, iend],
      [chunk("tEXt"), ihdr, idat, iend],
      [ihdr, idat],
      [ihdr, iend],
      [ihdr, idat, chunk("IEND", latin1("secret"))],
      [chunk("CgBI", Buffer.alloc(4)), ihdr, idat, iend],
    ])
      expect(await stripPng(pngOf(...order))).toBeUndefined();
    expect(
      await stripPng(pngOf(ihdr, ...Array<Buffer>(10_000).fill(chunk("IDAT")), idat, iend)),
    ).toBe(undefined);
  });

  test("when its pixel data has anything else than its rows", async () => {
    const rows = Buffer.alloc((40 * 3 + 1) * 40);
    const of = (packed: Buffer) =>
      stripPng(pngOf(header(40, 40), chunk("IDAT", packed), chunks.at(-1)!));
    expect(await of(deflateSync(rows))).toBeDefined();
    expect(await of(Buffer.concat([deflateSync(rows), latin1("secret")]))).toBeUndefined();
    expect(await of(deflateSync(Buffer.concat([rows, latin1("secret")])))).toBeUndefined();
    expect(await of(deflateSync(rows.subarray(1)))).toBeUndefined();
    expect(await of(deflateSync(rows.fill(5, 0, 1)))).toBeUndefined();
  });

  test("when its zlib stream reaches back further than it states, as libpng cannot decode it", async () => {
    const rows = Buffer.concat(
      [...Array(40)].map((_, row) => Buffer.concat([Buffer.alloc(1), noise(`${row % 20}`, 120)])),
    );
    const understated = deflateSync(rows);
    understated[0] = 0x18; // a window of 512 bytes, but rows repeat after 20 rows, 2,420 bytes
    understated[1] = 31 - ((understated[0] * 256) % 31);
    const bytes = pngOf(header(40, 40), chunk("IDAT", understated), chunk("IEND"));
    await expect(sharp(bytes, { failOn: "warning" }).raw().toBuffer()).rejects.toThrow();
    expect(await stripPng(bytes)).toBeUndefined();

    const small = deflateSync(Buffer.alloc(17 * 16), { windowBits: 9 });
    expect(small[0]).toBe(0x18);
    expect(
      await stripPng(pngOf(header(16, 16, 8, 0), chunk("IDAT", small), chunk("IEND"))),
    ).toBeDefined();
  });
});

/** 20 × 20 pixels of noise of a colour type. */
function picture(colour: number, channels: number): Buffer {
  const rows = Buffer.from(noise(`${colour}`, (20 * channels + 1) * 20));
  for (let row = 0; row < 20; row += 1) rows[row * (20 * channels + 1)] = 0;
  return pngOf(header(20, 20, 8, colour), chunk("IDAT", deflateSync(rows)), chunk("IEND"));
}
