import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { uploadPresigner } from "@keepsake/adapters/cloud/presigner";
import { privateBucket, s3Client } from "@keepsake/adapters/cloud/r2";
import sharp from "sharp";
import { describe, expect, inject } from "vitest";
import { bytesAt, fileOf, promise, putTo, sha256Of } from "../support/files.ts";
import { apng, chunk, gpsJpeg, noisePng, png } from "../support/images.ts";
import { isSigned } from "../support/sigv4.ts";
import { sweep, testWithoutConsumers as test } from "../support/stack.ts";

describe("a web upload", () => {
  test("goes straight to R2 and comes out as a permanent URL", async ({ owner: { client } }) => {
    const bytes = await png(64, "#aa3311");
    const ticket = await client.presignUpload({ ...promise(bytes), filename: "cat.png" });
    expect(ticket).toMatchObject({
      method: "PUT",
      headers: {
        "content-type": "image/png",
        "if-none-match": "*",
        "x-amz-checksum-sha256": Buffer.from(sha256Of(bytes), "hex").toString("base64"),
      },
    });
    expect((await putTo(ticket, bytes)).status).toBe(200);

    const { image } = await client.completeUpload(ticket);

    expect(image).toEqual({
      image_id: ticket.upload_id,
      platform: "web",
      status: "published",
      url: expect.stringMatching(new RegExp(`/images/${ticket.upload_id}\\.png$`)),
      content_type: "image/png",
      bytes: bytes.length,
      width: 64,
      height: 64,
      sha256: sha256Of(bytes),
      thumbhash: expect.stringMatching(/^[A-Za-z0-9+/]+=*$/),
      filename: "cat.png",
      error: null,
      created_at: expect.stringMatching(/Z$/),
    });
    expect(bytes.equals(await bytesAt(image.url))).toBe(true);
    const { headers } = await fetch(image.url!);
    expect(headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
  });

  test("completed again gives the same image; twice at once gives one", async ({ owner }) => {
    const { client } = owner;
    const bytes = await png(64, "#bb3311");
    const ticket = await client.presignUpload(promise(bytes));
    await putTo(ticket, bytes);

    const both = await Promise.all([client.completeUpload(ticket), client.completeUpload(ticket)]);

    expect(both[0]).toEqual(both[1]);
    expect(await client.completeUpload(ticket)).toEqual(both[0]);
    expect((await client.listImages()).images).toEqual([both[0].image]);
  });

  test("of a file that was uploaded before answers the first one, and erases its own", async ({
    stack,
    owner: { client },
  }) => {
    const bytes = await png(64, "#cc3311");
    const first = await client.upload(fileOf(bytes));

    const again = await client.upload(fileOf(bytes, "copy.png"));

    expect(again).toEqual(first);
    expect((await client.listImages()).images).toEqual([first]);
    const [duplicate] = await stack.sql`
      select image_id from images where duplicate_of = ${first.image_id}
    `;
    const own = `${stack.cdn}/images/${duplicate?.image_id}.png`;
    await sweep(stack);
    expect((await fetch(own)).status).toBe(404);
    expect((await fetch(first.url!)).status).toBe(200);
  });

  test("of the same file by somebody else is an image of its own", async ({ stack, owner }) => {
    const bytes = await png(64, "#dd3311");
    const mine = await owner.client.upload(fileOf(bytes));
    const theirs = await stack.client("somebody else").upload(fileOf(bytes));
    expect(theirs.image_id).not.toBe(mine.image_id);
  });

  test("of ten equal files at once gives one image", async ({ owner: { client } }) => {
    const bytes = await png(64, "#ee3311");
    const images = await Promise.all(
      Array.from({ length: 10 }, () => client.upload(fileOf(bytes))),
    );
    expect(new Set(images.map(({ image_id }) => image_id)).size).toBe(1);
  });
});

describe("the sealed PUT", () => {
  test("is signed over host, type, length, SHA-256 and the key not being taken", async ({
    owner: { client },
  }) => {
    const bytes = await png();
    const { url, headers } = await client.presignUpload(promise(bytes));
    const { host, searchParams, pathname } = new URL(url);

    expect(searchParams.get("X-Amz-SignedHeaders")).toBe(
      "content-length;content-type;host;if-none-match;x-amz-checksum-sha256",
    );
    expect(searchParams.get("X-Amz-Expires")).toBe("300");
    expect(pathname).toMatch(/\/incoming\/uploads\/[0-9a-f-]{36}$/);
    const sent = { ...headers, host, "content-length": String(bytes.length) };
    const { secretAccessKey } = inject("parts").r2;
    expect(isSigned({ method: "PUT", url, headers: sent }, secretAccessKey)).toBe(true);
    const other = { ...sent, "content-length": String(bytes.length + 1) };
    expect(isSigned({ method: "PUT", url, headers: other }, secretAccessKey)).toBe(false);
  });

  test("is refused by R2 for other bytes, another length, type or key, and stores nothing", async ({
    owner: { client },
  }) => {
    const bytes = await png();
    const ticket = await client.presignUpload(promise(bytes));
    const otherBytes = Buffer.from(bytes).fill(0, 40);
    const otherSum = Buffer.from(sha256Of(otherBytes), "hex").toString("base64");

    expect(await putTo(ticket, otherBytes)).toMatchObject({
      status: 400,
      body: expect.stringContaining("BadDigest"),
    });
    const refused = [
      putTo(ticket, Buffer.concat([bytes, bytes])),
      putTo(ticket, bytes.subarray(0, -1)),
      putTo(ticket, bytes, { "content-type": "text/html" }),
      putTo(ticket, otherBytes, { "x-amz-checksum-sha256": otherSum }),
      putTo({ ...ticket, url: ticket.url.replace(/uploads\/......../, "uploads/00000000") }, bytes),
      putTo({ ...ticket, url: ticket.url.replace("/incoming/", "/images/") }, bytes),
    ];
    for (const { status } of await Promise.all(refused)) expect([400, 403]).toContain(status);
    await expect(client.completeUpload(ticket)).rejects.toMatchObject({
      code: "upload.not_received",
    });
    const { "if-none-match": _, ...withoutCondition } = ticket.headers;
    expect((await putTo({ ...ticket, headers: withoutCondition }, bytes)).status).toBe(403);
  });

  test("works once: a replay meets 412, after completion and a sweep too", async ({
    stack,
    owner: { client },
  }) => {
    const bytes = await png(64, "#123456");
    const ticket = await client.presignUpload(promise(bytes));
    expect((await putTo(ticket, bytes)).status).toBe(200);
    expect((await putTo(ticket, bytes)).status).toBe(412);
    await client.completeUpload(ticket);
    await sweep(stack);
    expect((await putTo(ticket, bytes)).status).toBe(412);
  });

  test("is refused by R2 when it comes too late, and nothing is stored", async () => {
    const { incomingBucket: bucket, endpoint, accessKeyId, secretAccessKey } = inject("parts").r2;
    const link = { bucket, endpoint, accessKeyId, secretAccessKey };
    const bytes = await png();
    const key = `uploads/${randomUUID()}`;
    const promised = { contentType: "image/png", bytes: bytes.length, sha256: sha256Of(bytes) };
    const ticket = await uploadPresigner(link).presignPut(key, {
      ...promised,
      expiresInSeconds: 1,
    });
    await sleep(2_100);

    expect(await putTo(ticket, bytes)).toMatchObject({
      status: 403,
      body: expect.stringContaining("ExpiredRequest"),
    });

    expect(await privateBucket(link).get(key, 100)).toBeUndefined();
  });

  test("may be finished after its URL expired, but not after the upload did", async ({
    stack,
    owner: { client },
  }) => {
    const bytes = await png(64, "#345678");
    const ticket = await client.presignUpload(promise(bytes));
    const { upload_id } = ticket;
    await putTo(ticket, bytes);
    const past = (column: string) =>
      stack.sql`
        update images set ${stack.sql({ [column]: new Date(Date.now() - 1_000) })}
        where image_id = ${upload_id}
      `;
    await past("url_expires_at");
    await sweep(stack);
    expect((await client.completeUpload(ticket)).image.status).toBe("published");

    const second = await client.presignUpload(promise(await png(64, "#456789")));
    await stack.sql`
      update images set expires_at = now() - interval '1 s' where image_id = ${second.upload_id}
    `;
    await expect(client.completeUpload(second)).rejects.toMatchObject({ code: "upload.expired" });
  });

  test("leaves its object in place until the URL has expired, then the sweep removes it", async ({
    stack,
    owner: { client },
  }) => {
    const bytes = await png(64, "#234567");
    const ticket = await client.presignUpload(promise(bytes));
    await putTo(ticket, bytes);
    await client.completeUpload(ticket);
    const { upload_id } = ticket;
    await stack.sql`
      update images set url_expires_at = now() - interval '1 s' where image_id = ${upload_id}
    `;

    expect((await putTo(ticket, bytes)).status).toBe(412);

    await sweep(stack);

    // the URL of this test really lives on, so that what is gone shows
    expect((await putTo(ticket, bytes)).status).toBe(200);
  });
});

describe("completion publishes", () => {
  test("a photo upright, without its place and its author, as a JPEG", async ({
    owner: { client },
  }) => {
    const photo = await gpsJpeg();
    const image = await client.upload(fileOf(photo, "photo.jpg", "image/jpeg"));

    expect(image).toMatchObject({ content_type: "image/jpeg", width: 32, height: 48 });
    expect(image.url).toMatch(/\.jpg$/);
    const published = await bytesAt(image.url);
    expect(image.sha256).toBe(sha256Of(published));
    expect(published.includes("Wanderer")).toBe(false);
    const { exif, xmp, iptc, orientation } = await sharp(published).metadata();
    expect({ exif, xmp, iptc, orientation }).toEqual({});
  });

  const picture = () =>
    sharp({ create: { width: 40, height: 30, channels: 4, background: "#4a8" } });
  test.for([
    ["WebP", "image/webp", "image/webp", () => picture().webp().toBuffer()],
    ["AVIF", "image/avif", "image/webp", () => picture().avif().toBuffer()],
    ["GIF", "image/gif", "image/png", () => picture().gif().toBuffer()],
    ["animated PNG", "image/png", "image/png", () => apng()],
    [
      "PNG with a polyglot behind its end",
      "image/png",
      "image/png",
      async () => Buffer.concat([await png(), Buffer.from("<script>alert(1)</script>")]),
    ],
    ["JPEG that calls itself a PNG", "image/png", "image/jpeg", () => picture().jpeg().toBuffer()],
  ] as const)("a %s (%s) as %s", async ([, type, published, make], { owner: { client } }) => {
    const bytes = await make();
    const image = await client.upload(fileOf(bytes, "file", type));

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

describe("an owner", () => {
  test("may have 20 uploads outstanding, and is told when there is room again", async ({
    owner,
  }) => {
    const { client } = owner;
    const ask = () => client.presignUpload(promise(randomBytes(100)));
    const asked = await Promise.allSettled(Array.from({ length: 25 }, ask));
    const refused = asked.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));

    expect(refused).toHaveLength(5);
    expect(refused[0]).toMatchObject({ code: "upload.too_many" });
    expect(refused[0].retryAfterSeconds).toBeGreaterThan(3_500);
  });

  test("may have 200 MB outstanding", async ({ owner: { client } }) => {
    const ask = () => client.presignUpload({ ...promise(randomBytes(10)), size: 20_000_000 });
    for (let count = 0; count < 10; count += 1) await ask();
    await expect(ask()).rejects.toMatchObject({ code: "upload.too_many" });
  });

  test("frees room by completing, and by letting uploads expire", async ({ stack, owner }) => {
    const { client, sub } = owner;
    const files = await Promise.all(
      Array.from({ length: 20 }, (_, n) => png(32, `rgb(${n},${n},200)`)),
    );
    const tickets = await Promise.all(files.map((bytes) => client.presignUpload(promise(bytes))));
    await putTo(tickets[0]!, files[0]!);
    await client.completeUpload(tickets[0]!);
    await client.presignUpload(promise(randomBytes(100)));
    await stack.sql`
      update images set expires_at = now() - interval '1 s' where owner_id = ${`user:${sub}`}
    `;
    await client.presignUpload(promise(randomBytes(100)));

    await sweep(stack);

    await expect(client.completeUpload(tickets[1]!)).rejects.toMatchObject({
      code: "upload.expired",
    });
  });

  test("pages through images, newest first, and sees nobody else's", async ({ stack, owner }) => {
    const { client } = owner;
    const ids: string[] = [];
    for (const colour of ["#100000", "#200000", "#300000"])
      ids.unshift((await client.upload(fileOf(await png(32, colour)))).image_id);

    const first = await client.listImages({ limit: 2 });
    const second = await client.listImages({ limit: 2, cursor: first.next_cursor! });

    expect([...first.images, ...second.images].map(({ image_id }) => image_id)).toEqual(ids);
    expect(second.next_cursor).toBeNull();
    const stranger = stack.client("a stranger to these images");
    expect((await stranger.listImages()).images).toEqual([]);
    const image_id = ids[0]!;
    expect((await client.getImage({ image_id })).image.image_id).toBe(image_id);
    const refused = { code: "image.not_found" };
    await expect(stranger.getImage({ image_id })).rejects.toMatchObject(refused);
    await expect(stranger.deleteImage({ image_id })).rejects.toMatchObject(refused);
    await expect(stranger.completeUpload({ upload_id: image_id })).rejects.toMatchObject({
      code: "upload.not_found",
    });
  });
});

describe("an upload is refused", () => {
  test("when nothing has arrived", async ({ owner: { client } }) => {
    const ticket = await client.presignUpload(promise(randomBytes(100)));
    await expect(client.completeUpload(ticket)).rejects.toMatchObject({
      code: "upload.not_received",
    });
  });

  test("when the object is not the one that was promised, whoever put it there", async ({
    owner: { client },
  }) => {
    const { incomingBucket: Bucket, ...keys } = inject("parts").r2;
    const promised = await png(64, "#515253");
    const others = [await png(64, "#616263"), Buffer.concat([promised, Buffer.from("more")])];
    for (const other of others) {
      const ticket = await client.presignUpload(promise(promised));
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
    ["a damaged stream in right chunks", "image.damaged", async () => damaged()],
  ])("that is %s, for good", async ([, code, make], { owner: { client } }) => {
    const bytes = await make();
    const ticket = await client.presignUpload(promise(bytes));
    await putTo(ticket, bytes);

    await expect(client.completeUpload(ticket)).rejects.toMatchObject({ code });

    await expect(client.completeUpload(ticket)).rejects.toMatchObject({ code });
    expect((await client.listImages()).images).toEqual([]);
  });

  test("before it begins, for what no image is", async ({ owner: { client } }) => {
    const good = promise(randomBytes(100));
    const refused: object[] = [
      { ...good, size: 0 },
      { ...good, size: -1 },
      { ...good, size: 20_000_001 },
      { ...good, size: 1.5 },
      { ...good, content_type: "image/svg+xml" },
      { ...good, content_type: "image/png; charset=utf-8" },
      { ...good, content_type: "IMAGE/PNG" },
      { ...good, sha256: "abc" },
      { ...good, sha256: good.sha256.toUpperCase() },
      { ...good, filename: 7 },
      { ...good, key: "images/mine.png" },
    ];
    for (const body of refused)
      await expect(client.presignUpload(body as typeof good)).rejects.toMatchObject({
        code: "input.invalid",
      });
    await expect(client.completeUpload({ upload_id: "1" })).rejects.toMatchObject({
      code: "input.invalid",
    });
  });

  test.for<[string, string | null]>([
    ["../../etc/passwd", "passwd"],
    ["C:\\Users\\mira\\cat.png", "cat.png"],
    ["\u202egnp.exe", "gnp.exe"],
    ["cafe\u0301.png", "caf\u00e9.png"],
    ["a\u0000b\nc.png", "abc.png"],
    ["half a pair \ud83d", "half a pair \ufffd"],
    ["x".repeat(10_000), "x".repeat(200)],
    ["   ", null],
    ["", null],
  ])("never for its name: %j is shown as %j", async ([filename, shown], { stack, owner }) => {
    const ticket = await owner.client.presignUpload({ ...promise(randomBytes(10)), filename });
    const [row] = await stack.sql`select filename from images where image_id = ${ticket.upload_id}`;
    expect(row?.filename).toBe(shown);
    expect(ticket.url).not.toContain("passwd");
  });
});

async function damaged() {
  const bytes = Buffer.from(await noisePng(64));
  const at = bytes.indexOf("IDAT") + 4;
  const length = bytes.readUInt32BE(at - 8);
  const data = Buffer.from(bytes.subarray(at, at + length));
  data.fill(0xff, length >> 1);
  const rest = bytes.subarray(at + length + 4);
  return Buffer.concat([bytes.subarray(0, at - 8), chunk("IDAT", data), rest]);
}
