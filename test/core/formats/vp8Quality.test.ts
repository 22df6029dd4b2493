import { vp8Quality } from "@keepsake/core/imaging/formats/vp8Quality";
import { readWebp } from "@keepsake/core/imaging/formats/webp";
import { describe, expect, test } from "vitest";
import { noise } from "../../security/hostile/byteHelpers.ts";
import { photo } from "../../support/realisticFiles/drawnPhotos.ts";

const webp = async (quality: number, effort = 4) =>
  (await photo(320, 240)).webp({ quality, effort }).toBuffer();

describe("the quality of a WebP with loss", () => {
  test.for([0, 2, 4])(
    "is read within 3 of what it was encoded at, with effort %i",
    async (effort) => {
      for (const quality of [30, 50, 74, 75, 76, 80, 90, 95, 100]) {
        const { vp8 } = readWebp(await webp(quality, effort))!;
        expect(Math.abs(vp8Quality(vp8!) - quality), `${quality}`).toBeLessThan(3);
      }
    },
  );

  test("is one of 0 to 100 whatever the header says, also when it is cut off", async () => {
    const { vp8 } = readWebp(await webp(75))!;
    const cutOff = Array.from({ length: 40 }, (_, length) => vp8!.subarray(0, length));
    const invented = Array.from({ length: 2_000 }, (_, seed) => noise(`${seed}`, 10 + (seed % 60)));
    const constant = [0, 0x7f, 0x80, 0xff].map((value) => Buffer.alloc(100, value));
    for (const frame of [...cutOff, ...invented, ...constant]) {
      expect(vp8Quality(frame)).toBeGreaterThanOrEqual(0);
      expect(vp8Quality(frame)).toBeLessThanOrEqual(100);
    }
  });
});
