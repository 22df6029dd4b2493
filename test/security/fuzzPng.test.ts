import { stripPng } from "@keepsake/core/imaging/formats/stripPng";
import fc from "fast-check";
import sharp from "sharp";
import { expect, test } from "vitest";
import { chunk, chunksOf, pngOf } from "../support/images.ts";
import { latin1 } from "./hostile/byteHelpers.ts";
import { changedPngs, plainPngs } from "./support/randomPngs.ts";
import { isPlainPng } from "./support/referenceChecks.ts";

test("a plain PNG passes unchanged, and one with more keeps its pixels and nothing else", async () => {
  const letters = fc.string({
    unit: fc.constantFrom(..."tEXzIcmpdaTsr"),
    minLength: 3,
    maxLength: 3,
  });
  const ancillary = fc
    .tuple(fc.constantFrom(..."abcdetz"), letters, fc.uint8Array({ maxLength: 40 }))
    .map(([first, rest, data]) =>
      chunk(first + rest, Buffer.concat([latin1("secret"), Buffer.from(data)])),
    );
  const extra = fc.array(fc.tuple(ancillary, fc.nat()), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(plainPngs(), extra, fc.uint8Array(), async (plain, more, after) => {
      expect((await stripPng(plain))!.bytes).toBe(plain);
      let parts = chunksOf(plain).map(({ type, data }) => chunk(type, data));
      for (const [data, at] of more)
        parts = parts.toSpliced(1 + (at % (parts.length - 1)), 0, data);
      const bytes = Buffer.concat([pngOf(...parts), after]);
      expect((await stripPng(bytes))!.bytes).toEqual(plain);
    }),
    { numRuns: 150 },
  );
});

test("what passes of a PNG with random changes has only picture chunks, and the same pixels", async () => {
  let accepted = 0;
  const bases = fc.oneof(changedPngs(), plainPngs());
  await fc.assert(
    fc.asyncProperty(bases, async (bytes) => {
      const stripped = await stripPng(bytes);
      if (!stripped) return;
      accepted += 1;
      const types = chunksOf(stripped.bytes).map(({ type }) => type);
      expect(types.join(" ")).toMatch(/^IHDR (sRGB )?(IDAT )+IEND$/);
      expect(isPlainPng(stripped.bytes)).toBe(true);
      const { data, info } = await sharp(stripped.bytes, { failOn: "warning" })
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect([stripped.width, stripped.height]).toEqual([info.width, info.height]);
      expect(data.equals(await sharp(bytes, { failOn: "none" }).raw().toBuffer())).toBe(true);
    }),
    { numRuns: 600 },
  );
  expect(accepted).toBeGreaterThan(90); // otherwise the property proves nothing
});

test("a PNG that is cut off or has a bit flipped does not pass", async () => {
  await fc.assert(
    fc.asyncProperty(plainPngs(), fc.nat(), fc.nat(7), async (bytes, place, bit) => {
      const at = place % bytes.length;
      expect(await stripPng(bytes.subarray(0, at))).toBeUndefined();
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << bit;
      expect(await stripPng(flipped)).toBeUndefined();
    }),
    { numRuns: 400 },
  );
});

test("of noise that begins like a PNG nothing passes, and nothing throws", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      expect(await stripPng(pngOf(Buffer.from(bytes)))).toBeUndefined();
    }),
    { numRuns: 1_000 },
  );
});
