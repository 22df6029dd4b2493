import { randomBytes } from "node:crypto";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { alteringProxy, unaltered } from "../support/alteringProxy.ts";
import { gpsJpeg, noisePng } from "../support/images.ts";
import { furthest, pixelsOf } from "../support/realisticFiles/comparePixels.ts";
import { author, photo as pixels, secret } from "../support/realisticFiles/drawnPhotos.ts";
import { newOwner, type TestStack, testStack } from "../support/stack.ts";
import { bytesAt, fileOf, putTo, sha256Of, uploadRequest } from "../support/uploadRequests.ts";

const { r2: real } = inject("backends");
let stack: TestStack;
let r2: Awaited<ReturnType<typeof alteringProxy>>;
/** The objects that the functions write, and how many bytes they send for each. */
let writes: { path: string; bytes: number }[];

beforeAll(async () => {
  r2 = await alteringProxy(real.endpoint);
  stack = await testStack({
    consume: false,
    backends: { r2: { ...real, endpoint: r2.url } },
  });
});
afterEach(() => {
  r2.alter = unaltered;
});
afterAll(async () => {
  await stack.stop();
  await r2.stop();
});

function recordWrites() {
  writes = [];
  r2.alter = ({ method, path, body }, response) => {
    if (method === "PUT" && !path.includes(`/${real.incomingBucket}/`))
      writes.push({ path: path.split("/").at(-1)!, bytes: body.length });
    return response;
  };
}

/** A photo of about 1 MB without metadata. */
async function photo() {
  const raw = { width: 1_600, height: 1_100, channels: 3 as const };
  const noise = sharp(randomBytes(1_600 * 1_100 * 3), { raw }).jpeg({ quality: 76 });
  return noise.toBuffer();
}

/** A photo of about 1 MB as an iPhone makes it: in Display P3, stored on its side, with author and place. */
async function phonePhoto() {
  return (await pixels(1_600, 1_100, "phone"))
    .withExif(author)
    .withMetadata({ orientation: 6 })
    .withIccProfile("p3")
    .jpeg({ quality: 97 })
    .toBuffer();
}

describe.runIf(real.copies)("an upload that is published unchanged", () => {
  test.for(["public", "private"] as const)(
    "is copied inside R2: of a %s photo of 1 MB, the function sends only the smaller copies",
    async (visibility) => {
      const { client } = newOwner(stack);
      const bytes = await photo();
      expect(bytes.length).toBeGreaterThan(900_000);
      recordWrites();

      const image = await client.upload(fileOf(bytes, "photo.jpg", "image/jpeg"), { visibility });

      expect(image).toMatchObject({ rewritten: false, sha256: sha256Of(bytes) });
      const response = await fetch(image.url!);
      expect(response.headers.get("content-type")).toBe("image/jpeg");
      expect(response.headers.get("cache-control")).toBe(
        visibility === "public"
          ? "public, max-age=31536000, immutable"
          : "private, max-age=3600, immutable",
      );
      expect(bytes.equals(Buffer.from(await response.arrayBuffer()))).toBe(true);
      const sizes = await Promise.all(
        image.variants.map(async ({ width, url }) => ({
          path: `${image.image_id}_w${width}.webp`,
          bytes: (await bytesAt(url)).length,
        })),
      );
      const byPath = (one: { path: string }, other: { path: string }) =>
        one.path.localeCompare(other.path);
      expect(writes.toSorted(byPath)).toEqual(
        [...sizes, { path: `${image.image_id}.jpg`, bytes: 0 }].toSorted(byPath),
      );
    },
  );

  test("is copied inside R2 when it is a phone's photo in Display P3, turned, with its place", async () => {
    const { client } = newOwner(stack);
    const original = await phonePhoto();
    expect(await sharp(original).metadata()).toMatchObject({ orientation: 6, hasProfile: true });
    expect(original.includes(secret)).toBe(true);
    recordWrites();

    const image = await client.upload(fileOf(original, "IMG_1.jpg", "image/jpeg"));

    expect(image).toMatchObject({ rewritten: false, width: 1_100, height: 1_600 });
    expect(writes).toContainEqual({ path: `${image.image_id}.jpg`, bytes: 0 });
    expect(writes.filter(({ bytes }) => bytes > 200_000)).toEqual([]);
    const published = await bytesAt(image.url);
    expect(image.sha256).toBe(sha256Of(published));
    expect(published.includes(secret)).toBe(false);
    const [before, after] = await Promise.all(
      [original, published].map((bytes) => sharp(bytes, { ignoreIcc: true }).raw().toBuffer()),
    );
    expect(after!.equals(before!)).toBe(true);
    const colours = await Promise.all([original, published].map((bytes) => pixelsOf(bytes)));
    expect(furthest(colours[0]!, colours[1]!)).toBeLessThanOrEqual(2);
    expect(await sharp(published).metadata()).toMatchObject({ orientation: 6, hasProfile: true });
  });

  test("gets the same image when it is completed twice at once", async () => {
    const { client } = newOwner(stack);
    const bytes = await noisePng(300);
    const ticket = await client.presignUpload(uploadRequest(bytes));
    await putTo(ticket, bytes);
    const [one, other] = await Promise.all([
      client.completeUpload(ticket),
      client.completeUpload(ticket),
    ]);
    expect(one).toEqual(other);
    expect(sha256Of(await bytesAt(one.image.url))).toBe(sha256Of(bytes));
  });

  test("keeps what an earlier release stored of it, encoded differently", async () => {
    const { client } = newOwner(stack);
    const bytes = await noisePng(300);
    const ticket = await client.presignUpload(uploadRequest(bytes));
    await putTo(ticket, bytes);
    const earlier = await sharp(bytes).png({ compressionLevel: 9 }).toBuffer();
    await put(real.imagesBucket, `images/${ticket.upload_id}.png`, earlier);

    const { image } = await client.completeUpload(ticket);

    expect(image).toMatchObject({ sha256: sha256Of(earlier), bytes: earlier.length });
  });

  test("is not published when its key holds another picture", async () => {
    const { client } = newOwner(stack);
    const bytes = await noisePng(300);
    const ticket = await client.presignUpload(uploadRequest(bytes));
    await putTo(ticket, bytes);
    await put(real.imagesBucket, `images/${ticket.upload_id}.png`, await noisePng(300));

    await expect(client.completeUpload(ticket)).rejects.toMatchObject({ code: "server.failed" });
    expect((await client.listImages()).images).toEqual([]);
  });

  test("is not published when it changes between being read and copied", async () => {
    const { client } = newOwner(stack);
    const bytes = await noisePng(300);
    const ticket = await client.presignUpload(uploadRequest(bytes));
    const key = `uploads/${ticket.upload_id}`;
    await putTo(ticket, bytes);
    const other = await noisePng(300);
    r2.alter = async ({ method, path }, response) => {
      if (method === "GET" && path.endsWith(key)) await put(real.incomingBucket, key, other);
      return response;
    };

    const completed = client.completeUpload(ticket);

    await expect(completed).rejects.toMatchObject({ code: "upload.altered" });
    const url = `${real.publicUrl}/images/${ticket.upload_id}.png`;
    expect((await fetch(url)).status).toBe(404);
    const erased =
      await stack.sql`select key from erasure_objects where key like ${`%${ticket.upload_id}.png`}`;
    expect(erased).toHaveLength(1);
  });
});

test("an upload that must be changed is sent to R2 by the function", async () => {
  const { client } = newOwner(stack);
  recordWrites();
  const bytes = await gpsJpeg(2_000, 1_500);
  const file = fileOf(bytes, "photo.jpg", "image/jpeg");
  const image = await client.upload(file, { keepMetadata: true });
  const original = writes.find(({ path }) => path.endsWith(`${image.image_id}.jpg`));
  expect(original).toMatchObject({ bytes: image.bytes });
});

const s3 = s3Client(real);
const put = (Bucket: string, Key: string, Body: Buffer) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: "image/png" }));
