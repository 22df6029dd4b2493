import { readWebp } from "@keepsake/core/imaging/formats/webp";
import sharp from "sharp";
import { describe, expect } from "vitest";
import { noise } from "../security/hostile/byteHelpers.ts";
import { pixelsOf, psnr } from "../support/realisticFiles/comparePixels.ts";
import { cutOut, photo } from "../support/realisticFiles/drawnPhotos.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";
import { bytesAt, fileOf } from "../support/uploadRequests.ts";

const [width, height] = [800, 600];

describe("a WebP with loss is published", () => {
  /** At 95, that of quality 60 would have 2.5 times the bytes, and that of 92 15 % more. */
  test.for([
    { quality: 60, timesTheBytes: 1.4 },
    { quality: 80, timesTheBytes: 1.15 },
    { quality: 85, timesTheBytes: 1.12 },
    { quality: 92, timesTheBytes: 1.08 },
    { quality: 100, timesTheBytes: 0.85 },
  ])("at about the quality that it has, $quality, and looks the same", async (sent, { owner }) => {
    const { quality, timesTheBytes } = sent;
    for (const draw of [photo, cutOut]) {
      const file = await (await draw(width, height)).webp({ quality }).toBuffer();

      const image = await owner.client.upload(fileOf(file, "photo.webp", "image/webp"));

      expect(image).toMatchObject({ content_type: "image/webp", width, height });
      const published = await bytesAt(image.url);
      expect(published.length).toBeLessThan(file.length * timesTheBytes);
      expect(psnr(await pixelsOf(file), await pixelsOf(published))).toBeGreaterThan(38);
      const [before, after] = [await alphaOf(file), await alphaOf(published)];
      expect(before.equals(after)).toBe(true);
    }
  });

  test("whatever the header of its frame says of its quality", async ({ owner: { client } }) => {
    const file = await (await photo(width, height)).webp({ quality: 90 }).toBuffer();
    const at = file.indexOf(readWebp(file)!.vp8!) + 10;
    for (let seed = 0; seed < 10; seed += 1) {
      const lying = Buffer.from(file);
      noise(`${seed}`, 4 + seed).copy(lying, at);
      const image = await client
        .upload(fileOf(lying, "photo.webp", "image/webp"))
        .catch((error) => error);
      // libwebp reads almost every stream of bits as some picture
      if (image.code) expect(image).toMatchObject({ code: "image.damaged" });
      else
        expect(await sharp(await bytesAt(image.url)).metadata()).toMatchObject({ width, height });
    }
  });
});

const alphaOf = async (bytes: Buffer) =>
  sharp(bytes).ensureAlpha().extractChannel("alpha").raw().toBuffer();
