import { randomUUID } from "node:crypto";
import { publicBucket } from "@keepsake/adapters/cloud/r2";
import { processDecoder } from "@keepsake/adapters/decoder/processDecoder";
import { srcSet } from "@keepsake/client";
import { limits } from "@keepsake/contract/limits";
import * as objectKeys from "@keepsake/core/images/objectKeys";
import { storePicture } from "@keepsake/core/images/storePicture";
import { sanitizeImage } from "@keepsake/core/imaging/sanitizeImage";
import { imageLimits } from "@keepsake/core/imaging/validateHeader";
import type { ImageBucket } from "@keepsake/core/ports";
import sharp from "sharp";
import { describe, expect, inject } from "vitest";
import { drawnPicture } from "../support/drawnPicture.ts";
import { png } from "../support/images.ts";
import { pendingPiece } from "../support/pieceDrafts.ts";
import { deliver, sweep, testWithoutConsumers as test } from "../support/stack.ts";
import { bytesAt, fileOf } from "../support/uploadRequests.ts";

const photo = (width: number, height: number) => drawnPicture(width, height).jpeg().toBuffer();

describe("the smaller copies of an image", () => {
  test.for([
    {
      width: 1_600,
      height: 800,
      sizes: [
        [320, 160],
        [960, 480],
      ],
    },
    { width: 700, height: 1_400, sizes: [[320, 640]] },
    { width: 321, height: 100, sizes: [[320, 100]] },
    { width: 320, height: 900, sizes: [] },
    { width: 16, height: 16, sizes: [] },
  ])(
    "of $width × $height px are $sizes px, those that are narrower than it",
    async ({ width, height, sizes }, { owner: { client } }) => {
      const image = await client.upload(fileOf(await photo(width, height), "a.jpg", "image/jpeg"));

      expect(image.variants.map((copy) => [copy.width, copy.height])).toEqual(sizes);
      expect((await client.getImage(image)).image).toEqual(image);
      expect((await client.listImages()).images).toEqual([image]);
      for (const copy of image.variants) {
        const response = await fetch(copy.url);
        expect(response.headers.get("content-type")).toBe("image/webp");
        expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
        const { format, ...size } = await sharp(await response.arrayBuffer()).metadata();
        expect([format, size.width, size.height]).toEqual(["webp", copy.width, copy.height]);
      }
    },
  );

  test("are stored before it, so that an image that exists has all of them", async () => {
    const bucket = publicBucket({
      ...inject("backends").r2,
      bucket: inject("backends").r2.imagesBucket,
    });
    const stored: string[] = [];
    const observed: ImageBucket = {
      ...bucket,
      async put(key, object) {
        await bucket.put(key, object);
        stored.push(key);
      },
    };
    const decoder = processDecoder({ processes: 1 });
    const picture = await sanitizeImage(decoder, await photo(1_000, 500), imageLimits);
    const key = objectKeys.image(randomUUID(), "jpeg");
    await storePicture({ bucket: observed, decoder }, key, picture);
    expect(stored.toSorted()).toEqual([...objectKeys.variants(key), key].toSorted());
    expect(stored.at(-1)).toBe(key);
  });

  test("look like it, at a fraction of its bytes", async ({ owner: { client } }) => {
    const bytes = await photo(1_600, 1_000);
    const image = await client.upload(fileOf(bytes, "a.jpg", "image/jpeg"));

    const [small] = image.variants;
    const copy = await bytesAt(small!.url);
    expect(copy.length).toBeLessThan(bytes.length / 5);
    expect(await distance(copy, bytes)).toBeLessThan(4);
  });

  test("are upright where the image is stored rotated", async ({ owner: { client } }) => {
    const stored = await drawnPicture(1_200, 800)
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    const image = await client.upload(fileOf(stored, "phone.jpg", "image/jpeg"));

    expect([image.width, image.height]).toEqual([800, 1_200]);
    expect(image.variants.map((copy) => [copy.width, copy.height])).toEqual([[320, 480]]);
    const upright = await sharp(stored).autoOrient().toBuffer();
    expect(await distance(await bytesAt(image.variants[0]!.url), upright)).toBeLessThan(4);
  });

  test("keep transparency", async ({ owner: { client } }) => {
    const background = { r: 200, g: 30, b: 30, alpha: 0.25 };
    const clear = sharp({ create: { width: 400, height: 400, channels: 4, background } });
    const image = await client.upload(fileOf(await clear.png().toBuffer()));

    const copy = sharp(await bytesAt(image.variants[0]!.url));
    const { channels } = await copy.stats();
    expect(channels[3]!.mean).toBeGreaterThan(55);
    expect(channels[3]!.mean).toBeLessThan(72);
  });

  test("are erased with it, also when no row lists them", async ({ stack, owner: { client } }) => {
    const image = await client.upload(fileOf(await photo(1_600, 900), "a.jpg", "image/jpeg"));
    await stack.sql`update images set variants = '[]' where image_id = ${image.image_id}`;

    await client.deleteImage(image);
    await sweep(stack);

    const urls = [image.url!, ...image.variants.map(({ url }) => url)];
    expect(await statusesOf(urls)).toEqual([404, 404, 404]);
  });
});

describe("the smaller copies of a portrait", () => {
  test("are listed in details with its own size, and are erased with its world", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const { world_id, piece_id } = await pendingPiece(
      owner,
      await drawnPicture(1_000, 500).png().toBuffer(),
    );
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);

    const { world } = await client.getWorld({ world_id });
    const url = `${stack.cdn}/portraits/${world_id}/${piece_id}_portrait.png`;
    const copy = (width: number) => url.replace(".png", `_w${width}.webp`);
    const sizes = [
      { width: 320, height: 160, url: copy(320) },
      { width: 960, height: 480, url: copy(960) },
      { width: 1_000, height: 500, url },
    ];
    expect(world.pieces[0]!.details).toMatchObject({ image_portrait_variants: sizes });
    const urls = sizes.map((size) => size.url);
    expect(await statusesOf(urls)).toEqual([200, 200, 200]);

    await client.deleteWorld({ world_id });
    await sweep(stack);
    expect(await statusesOf(urls)).toEqual([404, 404, 404]);
  });

  test("cannot be sent by a caller", async ({ owner: { client } }) => {
    const piece = {
      type: "character" as const,
      name: "Mira",
      description: "",
      details: { image_portrait_variants: [] },
    };
    const rejected = { code: "input.invalid" };
    await expect(client.createWorld({ theme: "norse", pieces: [piece] })).rejects.toMatchObject(
      rejected,
    );
    const { world } = await client.createWorld({
      theme: "norse",
      pieces: [{ ...piece, details: {} }],
    });
    const { world_id } = world;
    await expect(client.addPieces({ world_id, pieces: [piece] })).rejects.toMatchObject(rejected);
  });
});

describe("srcset", () => {
  test("lists every size of an image and of a portrait, and nothing without one", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const image = await client.upload(fileOf(await photo(1_600, 900), "a.jpg", "image/jpeg"));
    const { world_id, piece_id } = await pendingPiece(
      owner,
      await drawnPicture(400, 400).png().toBuffer(),
    );
    const piece = async () => (await client.getWorld({ world_id })).world.pieces[0]!;
    expect(srcSet(await piece())).toBe("");
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);

    const [small, middle] = image.variants;
    expect(srcSet(image)).toBe(`${small!.url} 320w, ${middle!.url} 960w, ${image.url} 1600w`);
    const url = String((await piece()).details.image_portrait);
    expect(srcSet(await piece())).toBe(`${url.replace(".png", "_w320.webp")} 320w, ${url} 400w`);
    expect(srcSet({ url: null, width: null, height: null, variants: [] })).toBe("");
    expect(srcSet(await client.upload(fileOf(await png(64))))).toBe("");
  });
});

test("the widths of the copies are limits of the API", () => {
  expect(limits.variant_widths_px).toEqual([320, 960]);
});

const statusesOf = (urls: string[]) =>
  Promise.all(urls.map(async (url) => (await fetch(url)).status));

/** The mean difference of two pictures' colours, 0 to 255, at 40 px a side. */
async function distance(one: Buffer, other: Buffer): Promise<number> {
  const pixels = (bytes: Buffer) =>
    sharp(bytes).resize(40, 40, { fit: "fill" }).removeAlpha().raw().toBuffer();
  const [a, b] = await Promise.all([pixels(one), pixels(other)]);
  return a.reduce((sum, value, index) => sum + Math.abs(value - b[index]!), 0) / a.length;
}
