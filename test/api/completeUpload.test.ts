import { randomBytes } from "node:crypto";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { s3Client } from "@keepsake/adapters/cloud/r2";
import { images } from "@keepsake/functions/services/buckets";
import sharp, { type Sharp } from "sharp";
import { describe, expect, inject } from "vitest";
import { patched, uint32be } from "../security/hostile/byteHelpers.ts";
import { twoColourPng } from "../security/hostile/slowImages.ts";
import { killBusyDecoders } from "../support/decoderProcesses.ts";
import { drawnPicture } from "../support/drawnPicture.ts";
import { apng, chunk, gpsJpeg, noisePng, png } from "../support/images.ts";
import { request, testWithoutConsumers as test } from "../support/stack.ts";
import { bytesAt, fileOf, putTo, sha256Of, uploadRequest } from "../support/uploadRequests.ts";

describe("completion publishes", () => {
  test("a photo upright, without its location and author, as a JPEG", async ({
    owner: { client },
  }) => {
    const photo = await gpsJpeg();
    const image = await client.upload(fileOf(photo, "photo.jpg", "image/jpeg"), {
      keepMetadata: true,
    });

    expect(image).toMatchObject({ content_type: "image/jpeg", width: 32, height: 48 });
    expect(image.url).toMatch(/\.jpg$/);
    const published = await bytesAt(image.url);
    expect(image.sha256).toBe(sha256Of(published));
    expect(published.includes("Wanderer")).toBe(false);
    const { exif, xmp, iptc, orientation } = await sharp(published).metadata();
    expect({ xmp, iptc, orientation }).toEqual({ orientation: 6 });
    expect(exif, "Exif with one tag").toHaveLength(32);
  });

  const picture = () =>
    sharp({ create: { width: 40, height: 30, channels: 4, background: "#4a8" } });
  test.for([
    ["WebP", "image/webp", "image/webp", () => picture().webp().toBuffer()],
    ["AVIF", "image/avif", "image/webp", () => picture().avif().toBuffer()],
    ["GIF", "image/gif", "image/png", () => picture().gif().toBuffer()],
    ["animated PNG", "image/png", "image/png", () => apng()],
    [
      "PNG with HTML after its end",
      "image/png",
      "image/png",
      async () => Buffer.concat([await png(), Buffer.from("<script>alert(1)</script>")]),
    ],
    ["JPEG declared as a PNG", "image/png", "image/jpeg", () => withComment(picture().jpeg())],
  ] as const)("a %s (%s) as %s", async ([, type, published, make], { owner: { client } }) => {
    const bytes = await make();
    const image = await client.upload(fileOf(bytes, "file", type), { keepMetadata: true });

    expect(image).toMatchObject({ status: "published", content_type: published });
    const response = await fetch(image.url!);
    expect(response.headers.get("content-type")).toBe(published);
    const served = Buffer.from(await response.arrayBuffer());
    expect(served.includes("script")).toBe(false);
    expect(served.equals(bytes)).toBe(false);
  });

  test("40 megapixels of noise", { timeout: 60_000 }, async ({ owner: { client } }) => {
    const [width, height] = [8_000, 5_000];
    const raw = { width, height, channels: 1 as const };
    const noise = await sharp(randomBytes(width * height), { raw })
      .jpeg({ quality: 20 })
      .toBuffer();
    expect(noise.length).toBeLessThan(20_000_000);

    const image = await client.upload(fileOf(noise, "noise.jpg", "image/jpeg"));

    expect(image).toMatchObject({ width, height, status: "published" });
  });
});

describe("completion", () => {
  test.for([400, 1_200])(
    "keeps what an earlier release stored of a JPEG of %i px, encoded again, before it wrote the row",
    async (width, { owner: { client } }) => {
      const sent = await drawnPicture(width, width).jpeg({ quality: 100 }).toBuffer();
      const ticket = await client.presignUpload(uploadRequest(sent, "image/jpeg"));
      await putTo(ticket, sent);
      const bytes = await sharp(sent).jpeg({ quality: 90 }).toBuffer();
      const earlier = { bytes, contentType: "image/jpeg", sha256: sha256Of(bytes) };
      await images().put(`images/${ticket.upload_id}.jpg`, earlier);

      const { image } = await client.completeUpload(ticket);

      expect(image).toMatchObject({ status: "published", bytes: bytes.length, width });
      expect(image.sha256).toBe(earlier.sha256);
      expect(bytes.equals(await bytesAt(image.url))).toBe(true);
    },
  );

  test("publishes a JPEG of 50 megapixels", { timeout: 90_000 }, async ({ owner: { client } }) => {
    const [width, height] = [8_160, 6_120];
    const black = sharp({ create: { width, height, channels: 3, background: "#000" } });
    const image = await client.upload(
      fileOf(await black.jpeg().toBuffer(), "large.jpg", "image/jpeg"),
    );
    expect(image).toMatchObject({ width, height, status: "published" });
  });

  test.skipIf(process.platform !== "linux")(
    "that crashes the decoder is 503 and leaves the upload pending, to be completed again",
    { timeout: 90_000 },
    async ({ stack, owner: { client, sub } }) => {
      const bytes = twoColourPng(4_096);
      const ticket = await client.presignUpload(uploadRequest(bytes));
      await putTo(ticket, bytes);

      // without the client's retries
      const path = `/uploads/${ticket.upload_id}/complete`;
      const { outcome } = await killBusyDecoders(request(stack, "POST", path, { sub }));

      expect(outcome.status).toBe(503);
      expect(outcome.body.error).toMatchObject({ code: "service.unavailable" });
      expect(await client.completeUpload(ticket)).toMatchObject({ image: { status: "published" } });
    },
  );

  test("of a small image is not delayed by one that takes long to decode", {
    timeout: 90_000,
  }, async ({ owner: { client } }) => {
    const finished: string[] = [];
    const file = (bytes: Buffer, type: string) => fileOf(bytes, `image.${type}`, `image/${type}`);
    const slow = client
      .upload(file(twoColourPng(4_096), "png"))
      .finally(() => finished.push("slow"));
    await client.upload(file(await gpsJpeg(), "jpeg")).then(() => finished.push("small"));
    await slow.catch(() => {});
    expect(finished).toEqual(["small", "slow"]);
  });
});

describe("completion rejects an upload", () => {
  test("when no bytes have arrived", async ({ owner: { client } }) => {
    const ticket = await client.presignUpload(uploadRequest(randomBytes(100)));
    await expect(client.completeUpload(ticket)).rejects.toMatchObject({
      code: "upload.not_received",
    });
  });

  test("when the object is not the one that was declared", async ({ owner: { client } }) => {
    const { incomingBucket: Bucket, ...keys } = inject("backends").r2;
    const declared = await png(64, "#515253");
    const others = [await png(64, "#616263"), Buffer.concat([declared, Buffer.from("more")])];
    for (const other of others) {
      const ticket = await client.presignUpload(uploadRequest(declared));
      const Key = `uploads/${ticket.upload_id}`;
      await s3Client(keys).send(new PutObjectCommand({ Bucket, Key, Body: other }));

      await expect(client.completeUpload(ticket)).rejects.toMatchObject({
        code: "upload.altered",
      });
    }
  });

  test.for<[string, string, () => Promise<Buffer> | Buffer]>([
    [
      "HTML",
      "image.unsupported",
      () => Buffer.from("<html><script>alert(1)</script></html>".repeat(9)),
    ],
    [
      "an SVG",
      "image.unsupported",
      () => Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>".repeat(9)),
    ],
    ["a single byte", "image.unsupported", () => Buffer.from("x")],
    ["a truncated PNG", "image.damaged", async () => (await png(256)).subarray(0, 300)],
    ["a picture of 15 px", "image.bad_dimensions", () => png(15)],
    [
      "a picture of 12,001 px",
      "image.bad_dimensions",
      () =>
        sharp({ create: { width: 12_001, height: 20, channels: 3, background: "#000" } })
          .png()
          .toBuffer(),
    ],
    [
      "a picture of 49 megapixels",
      "image.bad_dimensions",
      () =>
        sharp({ create: { width: 7_000, height: 7_000, channels: 3, background: "#000" } })
          .png()
          .toBuffer(),
    ],
    [
      "an AVIF of 17 megapixels",
      "image.bad_dimensions",
      async () => patched(await smallAvif(), uint32be(32, 32), uint32be(4_200, 4_100)),
    ],
    ["a PNG with damaged pixel data in valid chunks", "image.damaged", () => damagedPng()],
  ])("that is %s, permanently", async ([, code, make], { owner: { client } }) => {
    const bytes = await make();
    const ticket = await client.presignUpload(uploadRequest(bytes));
    await putTo(ticket, bytes);

    await expect(client.completeUpload(ticket)).rejects.toMatchObject({ code });

    await expect(client.completeUpload(ticket)).rejects.toMatchObject({ code });
    expect((await client.listImages()).images).toEqual([]);
  });
});

const smallAvif = () =>
  sharp({ create: { width: 32, height: 32, channels: 3, background: "#000" } })
    .avif({ effort: 0 })
    .toBuffer();

/** A PNG whose pixel data is damaged, in chunks with correct CRCs. */
async function damagedPng() {
  const bytes = Buffer.from(await noisePng(64));
  const start = bytes.indexOf("IDAT") + 4;
  const length = bytes.readUInt32BE(start - 8);
  const data = Buffer.from(bytes.subarray(start, start + length));
  data.fill(0xff, length >> 1);
  const rest = bytes.subarray(start + length + 4);
  return Buffer.concat([bytes.subarray(0, start - 8), chunk("IDAT", data), rest]);
}

/** A JPEG with a script in a comment before its tables. */
async function withComment(picture: Sharp): Promise<Buffer> {
  const bytes = await picture.toBuffer();
  const text = Buffer.from("<script>alert(1)</script>");
  const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, text.length + 2]), text]);
  return Buffer.concat([bytes.subarray(0, 2), comment, bytes.subarray(2)]);
}
