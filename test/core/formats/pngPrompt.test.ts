import { deflateSync } from "node:zlib";
import { pngPrompt } from "@keepsake/core/imaging/formats/pngPrompt";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { latin1 } from "../../security/hostile/byteHelpers.ts";
import { chunk, chunksOf, png, pngOf } from "../../support/images.ts";

const prompt = "a red fox in snow\nSteps: 20, Sampler: Euler a, Seed: 4";

describe("the prompt that an image generator writes into a PNG", () => {
  let chunks: Buffer[];
  beforeAll(async () => {
    chunks = chunksOf(await png()).map(({ type, data }) => chunk(type, data));
  });
  const promptOf = (type: string, ...data: Buffer[]) =>
    pngPrompt(pngOf(...chunks.toSpliced(1, 0, chunk(type, Buffer.concat(data)))));

  test("is read from each kind of text, before and after the pixels", () => {
    expect(promptOf("tEXt", latin1("parameters\0"), latin1(prompt))).toBe(prompt);
    expect(promptOf("zTXt", latin1("parameters\0\0"), deflateSync(prompt))).toBe(prompt);
    expect(promptOf("iTXt", latin1("parameters\0\0\0en\0name\0"), latin1(prompt))).toBe(prompt);
    expect(promptOf("iTXt", latin1("parameters\0\x01\0\0\0"), deflateSync(prompt))).toBe(prompt);
    const last = chunk("tEXt", latin1(`parameters\0${prompt}`));
    expect(pngPrompt(pngOf(...chunks.toSpliced(-1, 0, last)))).toBe(prompt);
  });

  test("may be Latin-1 or UTF-8", () => {
    expect(promptOf("tEXt", latin1("parameters\0caf\xe9"))).toBe("café");
    expect(promptOf("tEXt", latin1("parameters\0"), Buffer.from("café, 狐"))).toBe("café, 狐");
    expect(promptOf("iTXt", latin1("parameters\0\0\0\0\0"), Buffer.from("狐"))).toBe("狐");
  });

  test("is missing in a PNG with another text or none", () => {
    expect(pngPrompt(pngOf(...chunks))).toBeUndefined();
    expect(promptOf("tEXt", latin1("Comment\0secret"))).toBeUndefined();
    expect(promptOf("tEXt", latin1("parameters of mine\0secret"))).toBeUndefined();
    expect(promptOf("tEXt", latin1("parameters\0 \n "))).toBeUndefined();
    expect(promptOf("tEXt", latin1("parameters"))).toBeUndefined();
    expect(promptOf("prIv", latin1("parameters\0secret"))).toBeUndefined();
  });

  test("is left out when it is damaged, cannot be stored, or has over 64 KB", () => {
    expect(promptOf("tEXt", latin1("parameters\0a\0b"))).toBeUndefined();
    expect(promptOf("zTXt", latin1("parameters\0\0"), deflateSync(prompt).subarray(0, -5))).toBe(
      undefined,
    );
    expect(promptOf("zTXt", latin1("parameters\0\x01"), deflateSync(prompt))).toBeUndefined();
    expect(promptOf("iTXt", latin1("parameters\0\0\0en"))).toBeUndefined();
    expect(promptOf("iTXt", latin1("parameters\0\x02\0\0\0a"))).toBeUndefined();
    const limit = "x".repeat(65_536);
    expect(promptOf("tEXt", latin1(`parameters\0${limit}`))).toBe(limit);
    expect(promptOf("tEXt", latin1(`parameters\0${limit}x`))).toBeUndefined();
    expect(promptOf("zTXt", latin1("parameters\0\0"), deflateSync(limit))).toBe(limit);
    expect(promptOf("zTXt", latin1("parameters\0\0"), deflateSync(`${limit}x`))).toBeUndefined();
    const bomb = deflateSync(Buffer.alloc(30_000_000, "x"), { level: 9 });
    expect(promptOf("zTXt", latin1("parameters\0\0"), bomb)).toBeUndefined();
    const wrongCrc = chunk("tEXt", latin1(`parameters\0${prompt}`));
    wrongCrc[wrongCrc.length - 1]! ^= 1;
    expect(pngPrompt(pngOf(...chunks.toSpliced(1, 0, wrongCrc)))).toBeUndefined();
  });

  test("never makes the reader throw, whatever the text is", () => {
    const types = fc.constantFrom("tEXt", "zTXt", "iTXt");
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 30 }), (type, data) => {
        const text = promptOf(type, latin1("parameters\0"), Buffer.from(data));
        if (text !== undefined) expect(text.isWellFormed() && !text.includes("\0")).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});
