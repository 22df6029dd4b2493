import { createHash } from "node:crypto";
import { processDecoder } from "@keepsake/adapters/decoder/processDecoder";
import type { DecoderJob, DecoderSteps } from "@keepsake/core/decoderJob";
import type { StoredImage } from "@keepsake/core/exports/layouts/exportPlan";
import { trainingPicture } from "@keepsake/core/exports/trainingPicture";
import { exifWithOrientation } from "@keepsake/core/imaging/formats/exif";
import { sanitizeImage } from "@keepsake/core/imaging/sanitizeImage";
import { imageLimits } from "@keepsake/core/imaging/validateHeader";
import type { Decoder, Services } from "@keepsake/core/ports";
import sharp, { type JpegOptions } from "sharp";
import { describe, expect, test } from "vitest";
import { drawnPicture } from "../../support/drawnPicture.ts";
import { chunksOf } from "../../support/images.ts";
import { pixelsOf, psnr } from "../../support/realisticFiles/comparePixels.ts";

const processes = processDecoder({ processes: 2 });

/** How often a picture was decoded. */
let jobs = 0;
const decoder: Decoder = {
  run: <Steps extends DecoderSteps>(job: DecoderJob<Steps>) => {
    jobs += 1;
    return processes.run(job);
  },
};

type Reads = (bytes: Buffer, read: number) => Buffer | undefined;

/** The picture that trainers get of a published image. `reads` says what each read of its object gives. */
async function exported(
  bytes: Buffer,
  { size, reads = (all) => all, visibility = "public" }: ExportOptions = {},
) {
  const image = await imageOf(bytes, visibility);
  let read = 0;
  const bucket = {
    get: async (key: string) => {
      read += 1;
      return key === image.key ? reads(Buffer.from(bytes), read) : undefined;
    },
    size: async () => bytes.length,
  } as unknown as Services["images"];
  const none = { get: async () => undefined } as unknown as Services["images"];
  const [images, privateImages] = visibility === "public" ? [bucket, none] : [none, bucket];
  return trainingPicture({ images, privateImages, decoder }, image, size);
}

type ExportOptions = { size?: number; reads?: Reads; visibility?: StoredImage["visibility"] };

async function imageOf(bytes: Buffer, visibility: StoredImage["visibility"]): Promise<StoredImage> {
  const { format, autoOrient } = await sharp(bytes).metadata();
  return {
    image_id: "an image",
    key: "images/an-image",
    visibility,
    content_type: `image/${format}`,
    bytes: bytes.length,
    ...autoOrient,
    sha256: createHash("sha256").update(bytes).digest("hex"),
  };
}

const drawnJpeg = (options: JpegOptions = {}) =>
  drawnPicture(300, 200)
    .jpeg({ quality: 92, ...options })
    .toBuffer();

/** A JPEG as it is published, stored in another orientation than it is displayed in. */
async function turnedJpeg(orientation: number, options: JpegOptions = {}): Promise<Buffer> {
  const picture = drawnPicture(300, 200).withMetadata({ orientation });
  const sent = await picture.jpeg({ quality: 92, ...options }).toBuffer();
  const { bytes } = await sanitizeImage(decoder, sent, imageLimits);
  expect(bytes.includes(exifWithOrientation(orientation))).toBe(true);
  return bytes;
}

async function animation(): Promise<Buffer> {
  const frames = await Promise.all(
    ["#aa0000", "#00aa00", "#0000aa"].map((background) =>
      sharp({ create: { width: 40, height: 30, channels: 3, background } })
        .png()
        .toBuffer(),
    ),
  );
  return sharp(frames, { join: { animated: true } })
    .webp({ lossless: true })
    .toBuffer();
}

describe("a picture for trainers", () => {
  test("is the published image byte for byte where all trainers read that one alike", async () => {
    jobs = 0;
    for (const bytes of [await drawnPicture(64, 64).png().toBuffer(), await drawnJpeg()])
      for (const visibility of ["public", "private"] as const)
        expect((await exported(bytes, { visibility, size: 300 })).equals(bytes)).toBe(true);
    expect(jobs).toBe(0);
  });

  test.each([2, 3, 4, 5, 6, 7, 8])(
    "is upright where its EXIF orientation is %i",
    async (turned) => {
      const bytes = await turnedJpeg(turned);
      const picture = await exported(bytes);
      const { format, orientation, width, height } = await sharp(picture).metadata();
      const upright = turned > 4 ? { width: 200, height: 300 } : { width: 300, height: 200 };
      expect({ format, orientation, width, height }).toEqual({
        format: "jpeg",
        orientation: undefined,
        ...upright,
      });
      expect(psnr(await pixelsOf(bytes), await pixelsOf(picture))).toBeGreaterThan(40);
    },
  );

  test("keeps its colours at full resolution where it is turned", async () => {
    for (const chromaSubsampling of ["4:4:4", "4:2:0"]) {
      const picture = await exported(await turnedJpeg(6, { chromaSubsampling }));
      expect((await sharp(picture).metadata()).chromaSubsampling).toBe("4:4:4");
    }
  });

  test("is a PNG with the very pixels of a WebP, and nothing else", async () => {
    const bytes = await drawnPicture(120, 90).ensureAlpha(0.5).webp({ quality: 80 }).toBuffer();
    const picture = await exported(bytes);
    expect((await pixelsOf(picture)).equals(await pixelsOf(bytes))).toBe(true);
    const types = new Set(chunksOf(picture).map(({ type }) => type));
    expect(types).toEqual(new Set(["IHDR", "IDAT", "IEND"]));
  });

  test("is a PNG of the first frame of an animated WebP", async () => {
    const picture = await exported(await animation());
    const { format, width, height, pages } = await sharp(picture).metadata();
    expect({ format, width, height, pages }).toEqual({
      format: "png",
      width: 40,
      height: 30,
      pages: undefined,
    });
    expect([...(await pixelsOf(picture)).subarray(0, 3)]).toEqual([0xaa, 0, 0]);
  });

  test.each([
    ["jpeg", () => drawnJpeg(), "jpeg"],
    ["a turned JPEG", () => turnedJpeg(3), "jpeg"],
    ["png", () => drawnPicture(300, 200).png().toBuffer(), "png"],
    ["webp", () => drawnPicture(300, 200).webp().toBuffer(), "png"],
  ])("has at most `size` pixels a side, and stays a JPEG: %s", async (_, file, format) => {
    const bytes = await file();
    const small = await sharp(await exported(bytes, { size: 150 })).metadata();
    expect([small.format, small.width, small.height]).toEqual([format, 150, 100]);
    const same = await sharp(await exported(bytes, { size: 300 })).metadata();
    expect([same.width, same.height]).toEqual([300, 200]);
    const notLarger = await sharp(await exported(bytes, { size: 4_096 })).metadata();
    expect([notLarger.width, notLarger.height]).toEqual([300, 200]);
  });

  test("is half as large where turning it would take too much memory", {
    timeout: 90_000,
  }, async () => {
    const create = { width: 8_600, height: 6_000, channels: 3, background: "#336699" } as const;
    const jpeg = { progressive: true, chromaSubsampling: "4:4:4" };
    const bytes = await sharp({ create }).withMetadata({ orientation: 2 }).jpeg(jpeg).toBuffer();
    const { width, height } = await sharp(await exported(bytes)).metadata();
    expect([width, height]).toEqual([4_300, 3_000]);
    const upright = await sharp({ create }).jpeg().toBuffer();
    expect((await exported(upright)).equals(upright)).toBe(true);
  });

  test("has the same bytes each time", async () => {
    for (const bytes of [await turnedJpeg(6), await drawnPicture(99, 70).webp().toBuffer()])
      for (const size of [64, 4_096]) {
        const [one, other] = await Promise.all([1, 2].map(() => exported(bytes, { size })));
        expect(one!.equals(other!)).toBe(true);
      }
  });
});

describe("an object", () => {
  const bytes = drawnPicture(64, 64).png().toBuffer();
  const changed = (all: Buffer) => Buffer.concat([all.subarray(0, -1), Buffer.from([1])]);

  test.each<[string, Reads]>([
    ["cut short", (all) => all.subarray(0, 50)],
    ["altered on its way", changed],
  ])("that was %s is read again", async (_, reads) => {
    const first: Reads = (all, read) => (read === 1 ? reads(all, read) : all);
    expect((await exported(await bytes, { reads: first })).equals(await bytes)).toBe(true);
  });

  test("that is not what its row says gives no picture", async () => {
    await expect(exported(await bytes, { reads: changed })).rejects.toMatchObject({
      name: "RetryableError",
    });
  });

  test("that does not exist gives no picture for good", async () => {
    await expect(exported(await bytes, { reads: () => undefined })).rejects.toMatchObject({
      name: "PermanentError",
      reason: "gone",
    });
  });
});
