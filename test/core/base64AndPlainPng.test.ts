import { randomBytes } from "node:crypto";
import { decodeBase64 } from "@keepsake/core/imaging/base64";
import { withoutResolution } from "@keepsake/core/imaging/formats/pngChunks";
import { stripPng } from "@keepsake/core/imaging/formats/stripPng";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { apng, chunk, chunksOf, header, noisePng, png, pngOf } from "../support/images.ts";

describe("base64", () => {
  test("is accepted exactly where RFC 4648 allows it", ({ task }) => {
    task.meta.cases = 20_000;
    const alphabet = "ABCDwxyz0189+/=-_ \n.é";
    const text = fc.string({ unit: fc.constantFrom(...alphabet), maxLength: 12 });
    fc.assert(
      fc.property(text, (base64) => {
        expect(accepted(base64)).toBe(isStrictBase64(base64));
      }),
      { numRuns: task.meta.cases },
    );
  });

  test("of any bytes decodes to these bytes, with or without a data: prefix", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (bytes) => {
        const base64 = Buffer.from(bytes).toString("base64");
        expect([...decodeBase64(base64).bytes]).toEqual([...bytes]);
        const labelled = decodeBase64(`data:image/webp;base64,${base64}`);
        expect([...labelled.bytes]).toEqual([...bytes]);
        expect(labelled.label).toBe("webp");
      }),
    );
  });

  const accepted = (base64: string) => {
    try {
      decodeBase64(base64);
      return true;
    } catch {
      return false;
    }
  };

  /** The grammar in its simplest form: whole quartets, padding at the end only, unused bits zero. */
  function isStrictBase64(base64: string) {
    const grammar = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
    return (
      base64 !== "" &&
      grammar.test(base64) &&
      Buffer.from(base64, "base64").toString("base64") === base64
    );
  }
});

describe("a PNG passes unchanged", () => {
  let whole: Buffer;
  let chunks: Buffer[];
  beforeAll(async () => {
    whole = withoutResolution(await png(48));
    chunks = chunksOf(whole).map(({ type, data }) => chunk(type, data));
  });
  const insertBefore = (type: string, extra: Buffer) => {
    const at = chunks.findIndex((bytes) => bytes.toString("latin1", 4, 8) === type);
    return pngOf(...chunks.toSpliced(at, 0, extra));
  };
  const passes = async (bytes: Buffer) => (await stripPng(bytes))?.bytes === bytes;

  test("when it contains only picture data", async () => {
    expect(await passes(whole)).toBe(true);
    expect(await passes(withoutResolution(await noisePng(300)))).toBe(true);
    expect(await passes(insertBefore("IDAT", chunk("sRGB", Buffer.from([0]))))).toBe(true);
  });

  test("but not with any chunk that is not part of a plain picture", async ({ task }) => {
    const types = ["tEXt", "iTXt", "zTXt", "eXIf", "iCCP", "gAMA", "bKGD", "tIME", "prIv"];
    const shown = ["PLTE", "tRNS", "pHYs"];
    task.meta.cases = types.length + shown.length + 1;
    for (const type of [...types, ...shown])
      expect(await passes(insertBefore("IDAT", chunk(type, randomBytes(12))))).toBe(false);
    expect(await passes(await apng())).toBe(false);
  });

  test("but not with a byte after its end", async () => {
    expect(await passes(Buffer.concat([whole, Buffer.from([0])]))).toBe(false);
  });

  test("but not with chunks in another order, twice, or missing", async () => {
    const [ihdr, ...rest] = chunks as [Buffer, ...Buffer[]];
    const iend = chunks.at(-1)!;
    expect(await passes(pngOf(...rest, ihdr))).toBe(false);
    expect(await passes(pngOf(ihdr, ...chunks))).toBe(false);
    expect(await passes(pngOf(ihdr, iend))).toBe(false);
    expect(await passes(pngOf(...chunks.slice(0, -1)))).toBe(false);
    expect(await passes(insertBefore("IEND", chunk("sRGB", Buffer.alloc(1))))).toBe(false);
    expect(await passes(insertBefore("IDAT", chunk("sRGB", Buffer.alloc(2))))).toBe(false);
  });

  test("but not with an invalid header", async ({ task }) => {
    const rest = chunks.slice(1);
    const invalid: [number, number, number, number][] = [
      [0, 48, 8, 2],
      [48, 0, 8, 2],
      [48, 48, 4, 2],
      [48, 48, 8, 5],
      [48, 48, 8, 3],
    ];
    task.meta.cases = invalid.length;
    for (const [width, height, depth, colour] of invalid)
      expect(await passes(pngOf(header(width, height, depth, colour), ...rest))).toBe(false);
  });

  test("but not with any bit flipped", async ({ task }) => {
    task.meta.cases = 1_000;
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length * 8 - 1), async (bit) => {
        const flipped = Buffer.from(whole);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(await stripPng(flipped)).toBeUndefined();
      }),
      { numRuns: task.meta.cases },
    );
  });

  test("but not when it is truncated anywhere", async () => {
    for (let length = 0; length < whole.length; length += 1)
      expect(await stripPng(whole.subarray(0, length))).toBeUndefined();
  });
});
