import { randomBytes, randomUUID } from "node:crypto";
import { limits } from "@keepsake/contract/limits";
import { describe, expect } from "vitest";
import { chunk, gpsJpeg, noisePng, png, pngOf, signature } from "../support/images.ts";
import {
  deliver,
  newOwner,
  type Owner,
  request,
  sweep,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";
import { bytesAt, fileOf } from "../support/uploadRequests.ts";

/** A PNG of its own, as bytes and as base64. */
async function picture(side = 48) {
  const bytes = await png(side, `#${randomBytes(3).toString("hex")}`);
  return { bytes, image_base64: bytes.toString("base64") };
}

describe("an image in a request", () => {
  test("is published as it was sent, and found, described, listed and counted like any other", async ({
    stack,
    owner: { client, sub },
  }) => {
    const { bytes, image_base64 } = await picture(340);
    const { image } = await client.createImage({ image_base64, filename: "a/harbour.png" });

    expect(image).toMatchObject({
      platform: "base64",
      status: "published",
      visibility: "public",
      filename: "harbour.png",
      bytes: bytes.length,
      width: 340,
      rewritten: false,
    });
    expect(bytes.equals(await bytesAt(image.url))).toBe(true);
    expect(image.variants).toHaveLength(1);
    expect((await fetch(image.variants[0]!.url)).status).toBe(200);

    const { image_id } = image;
    expect((await client.getImage({ image_id })).image).toEqual(image);
    for (const filter of [{}, { platform: "base64" as const }, { q: "harb" }])
      expect((await client.listImages(filter)).images).toEqual([image]);
    expect((await client.listImages({ platform: "web" })).images).toEqual([]);
    const { usage } = await client.getOwner();
    const [copy] = await Promise.all(image.variants.map(({ url }) => bytesAt(url)));
    expect(usage).toMatchObject({ images: 1, stored_bytes: bytes.length + copy!.length });

    const { tags } = (await client.updateImage({ image_id, tags: ["Sea"] })).image;
    expect(tags).toEqual(["sea"]);
    await client.deleteImage({ image_id });
    await sweep(stack);
    expect((await fetch(image.url!)).status).toBe(404);
    expect((await fetch(image.variants[0]!.url)).status).toBe(404);
    expect((await client.getOwner()).usage).toMatchObject({ images: 0, stored_bytes: 0 });
    expect(await rowsOf(stack, sub)).toEqual([]);
  });

  test("may have a data: prefix, which must name its format", async ({ owner: { client } }) => {
    const { bytes, image_base64 } = await picture();
    const prefixed = { image_base64: `data:image/png;base64,${image_base64}` };
    const { image } = await client.createImage(prefixed);
    expect(bytes.equals(await bytesAt(image.url))).toBe(true);
    const wrong = { image_base64: `data:image/webp;base64,${image_base64}` };
    await expect(client.createImage(wrong)).rejects.toMatchObject({ code: "image.mislabelled" });
  });

  test("loses its metadata", async ({ owner: { client } }) => {
    const image_base64 = (await gpsJpeg()).toString("base64");
    const { image } = await client.createImage({ image_base64 });
    expect([image.content_type, image.width, image.height]).toEqual(["image/jpeg", 32, 48]);
    expect((await bytesAt(image.url)).includes("Wanderer")).toBe(false);
  });

  test("gives its prompt to its caption, unless keep_prompt is false", async ({
    owner: { client },
  }) => {
    const bytes = withPrompt(await png(), "a harbour at dusk");
    const image_base64 = bytes.toString("base64");
    const { image } = await client.createImage({ image_base64 });
    expect(image.caption).toBe("a harbour at dusk");
    const without = await client.createImage({ image_base64, keep_prompt: false });
    expect(without.image.caption).toBeNull();
  });

  test("that is private has no public address", async ({ stack, owner: { client } }) => {
    const { bytes, image_base64 } = await picture();
    const { image } = await client.createImage({ image_base64, visibility: "private" });
    expect(image.visibility).toBe("private");
    expect(bytes.equals(await bytesAt(image.url))).toBe(true);
    expect((await fetch(`${stack.cdn}/images/${image.image_id}.png`)).status).toBe(404);
  });

  test("with reuse is answered 200 with the image of the same bytes and visibility", async ({
    stack,
    owner: { client, sub },
  }) => {
    const { bytes, image_base64 } = await picture();
    const image = await client.upload(fileOf(bytes, "first.png"));
    const body = { image_base64, filename: "second.png", reuse: true };
    const again = await request(stack, "POST", "/images", { sub, body });
    expect(again).toMatchObject({ status: 200, body: { image, reused: true } });
    const hidden = { ...body, visibility: "private" };
    const other = await request(stack, "POST", "/images", { sub, body: hidden });
    expect([other.status, other.body.reused]).toEqual([201, undefined]);
    expect(other.body.image.image_id).not.toBe(image.image_id);
  });

  test("may have 4,000,000 bytes and no more", async ({ stack, owner: { client, sub } }) => {
    const exact = padded(await noisePng(900), limits.sent_image_bytes);
    const { image } = await client.createImage({ image_base64: exact.toString("base64") });
    expect(image.status).toBe("published");

    const tooLarge = [
      padded(exact, limits.sent_image_bytes + 12).toString("base64"),
      "A".repeat(5_500_000),
    ];
    for (const image_base64 of tooLarge) {
      const answer = await request(stack, "POST", "/images", { sub, body: { image_base64 } });
      expect([answer.status, answer.body.error.code]).toEqual([422, "image.too_large"]);
    }
    expect(await rowsOf(stack, sub)).toHaveLength(1);
  });

  test("that is rejected is named in the answer, as its event will name it, and in that of a repeat", async ({
    stack,
    owner: { client, sub },
  }) => {
    const image_base64 = (await noisePng(64)).subarray(0, -400).toString("base64");
    const key = { idempotencyKey: randomUUID() };
    for (const _ of ["first", "repeat"]) {
      const refused = await client.createImage({ image_base64 }, key).catch((error) => error);
      const [{ image_id }] = (await rowsOf(stack, sub)) as [{ image_id: string }];
      expect(refused).toMatchObject({ code: "image.damaged", details: { image_id } });
    }
  });

  test("that is rejected leaves no object, and no caller sees it", async ({
    stack,
    owner: { client, sub },
  }) => {
    const bytes = await noisePng(64);
    const image_base64 = bytes.subarray(0, -400).toString("base64");
    const rejected = { code: "image.damaged" };
    await expect(client.createImage({ image_base64 })).rejects.toMatchObject(rejected);

    const [row] = await rowsOf(stack, sub);
    expect(row).toMatchObject({ status: "rejected", error_code: "image.damaged" });
    expect((await client.listImages()).images).toEqual([]);
    const { image_id } = row!;
    const notFound = { code: "image.not_found" };
    await expect(client.getImage({ image_id })).rejects.toMatchObject(notFound);
    await expect(client.updateImage({ image_id, alt: "x" })).rejects.toMatchObject(notFound);
    for (const extension of ["png", "jpg", "webp"])
      expect((await fetch(`${stack.cdn}/images/${image_id}.${extension}`)).status).toBe(404);
  });

  test("that is rejected leaves its row for a day, as long as its idempotency key", async ({
    stack,
    owner,
  }) => {
    const image_base64 = (await noisePng(64)).subarray(0, -400).toString("base64");
    await expect(owner.client.createImage({ image_base64 })).rejects.toThrow();
    await passTime(stack, owner, 24 * 3_600);
    await sweep(stack);
    expect(await rowsOf(stack, owner.sub)).toHaveLength(1);
    await passTime(stack, owner, 301);
    await sweep(stack);
    expect(await rowsOf(stack, owner.sub)).toEqual([]);
  });

  test("is erased with everything of its owner", async ({ stack, owner: { client, sub } }) => {
    const { image } = await client.createImage(await sent(), { idempotencyKey: "erased" });
    await client.eraseOwner();
    await sweep(stack);
    expect((await fetch(image.url!)).status).toBe(404);
    expect(await rowsOf(stack, sub)).toEqual([]);
  });

  test("is no upload that could be completed or cancelled", async ({ owner: { client } }) => {
    const { image_id: upload_id } = (await client.createImage(await sent())).image;
    const notFound = { code: "upload.not_found" };
    await expect(client.completeUpload({ upload_id })).rejects.toMatchObject(notFound);
    await expect(client.cancelUpload({ upload_id })).rejects.toMatchObject(notFound);
  });
});

describe("an idempotency key of an image", () => {
  test("makes a repeated request answer the same image, also at the same time, published once", async ({
    stack,
    owner: { client, sub },
  }) => {
    const input = await sent();
    const key = { idempotencyKey: randomUUID() };
    const images = await Promise.all(
      Array.from({ length: 6 }, async () => (await client.createImage(input, key)).image),
    );
    for (const image of images) expect(image).toEqual(images[0]);
    expect((await client.createImage(input, key)).image).toEqual(images[0]);
    expect(await rowsOf(stack, sub)).toHaveLength(1);
    expect((await client.getOwner()).usage.images).toBe(1);
  });

  test("is refused with another image, and on another route", async ({ owner: { client } }) => {
    const key = { idempotencyKey: randomUUID() };
    await client.createImage(await sent(), key);
    const reused = { code: "idempotency_key.reused" };
    await expect(client.createImage(await sent(), key)).rejects.toMatchObject(reused);
    const piece = { type: "faction" as const, name: "x", description: "", details: {} };
    const world = client.createWorld({ theme: "x", pieces: [piece] }, key);
    await expect(world).rejects.toMatchObject(reused);
  });

  test("repeats a rejection", async ({ stack, owner: { client, sub } }) => {
    const image_base64 = (await noisePng(64)).subarray(0, -400).toString("base64");
    const key = { idempotencyKey: randomUUID() };
    const create = () => client.createImage({ image_base64 }, key).catch((error) => error);
    const first = await create();
    const again = await create();
    expect([first.code, again.code, again.message]).toEqual([
      "image.damaged",
      "image.damaged",
      first.message,
    ]);
    expect(await rowsOf(stack, sub)).toHaveLength(1);
  });

  test("of an image that was reused answers it again", async ({ owner: { client } }) => {
    const input = await sent();
    const { image } = await client.createImage(input);
    const key = { idempotencyKey: randomUUID() };
    const reused = { image, reused: true };
    expect(await client.createImage({ ...input, reuse: true }, key)).toEqual(reused);
    expect(await client.createImage({ ...input, reuse: true }, key)).toEqual(reused);
  });

  test("does not bring back an image that was deleted", async ({
    stack,
    owner: { client, sub },
  }) => {
    const input = await sent();
    const key = { idempotencyKey: randomUUID() };
    const { image } = await client.createImage(input, key);
    await client.deleteImage(image);
    const notFound = { code: "image.not_found" };
    await expect(client.createImage(input, key)).rejects.toMatchObject(notFound);
    expect(await rowsOf(stack, sub)).toEqual([]);
  });
});

describe("an image whose request died in the middle", () => {
  test("is finished by a repeat with the same key, under the same address", async ({
    stack,
    owner,
  }) => {
    const { input, key, image } = await diedAfterStoring(stack, owner);
    expect((await owner.client.createImage(input, key)).image).toEqual(image);
    await owner.client.createImage(input, key);
    const [row] = await rowsOf(stack, owner.sub);
    expect(row).toMatchObject({ status: "published", attempts: 2 });
  });

  test("is seen by no caller, and removed with what it stored when no caller repeats it", async ({
    stack,
    owner,
  }) => {
    const { image } = await diedAfterStoring(stack, owner);
    expect((await owner.client.listImages()).images).toEqual([]);
    await sweep(stack);
    expect(await rowsOf(stack, owner.sub)).toHaveLength(1);

    await passTime(stack, owner, 301);
    await sweep(stack);
    expect(await rowsOf(stack, owner.sub)).toEqual([]);
    expect((await fetch(image.url!)).status).toBe(404);
    expect((await fetch(image.variants[0]!.url)).status).toBe(404);
  });

  test("is published anew by a repeat after that, and only once", async ({ stack, owner }) => {
    const { input, key, image } = await diedAfterStoring(stack, owner);
    await passTime(stack, owner, 301);
    await sweep(stack);
    const create = async () => (await owner.client.createImage(input, key)).image;
    const again = await Promise.all([create(), create(), create()]);
    expect(new Set(again.map(({ image_id }) => image_id)).size).toBe(1);
    expect(again[0]!.image_id).not.toBe(image.image_id);
    expect((await fetch(again[0]!.url!)).status).toBe(200);
    expect(await rowsOf(stack, owner.sub)).toHaveLength(1);
  });

  test("is not taken for a re-host: no sweep queues it and no consumer tries it", async ({
    stack,
    owner,
  }) => {
    const { image } = await diedAfterStoring(stack, owner);
    const { image_id } = image;
    await stack.sql`update images set retry_at = now() where image_id = ${image_id}`;
    const before = await rowsOf(stack, owner.sub);
    await sweep(stack);
    await sweep(stack, { queue_lost: true });
    expect(await rowsOf(stack, owner.sub)).toEqual(before);
    expect(await deliver(stack, "RehostQueue", [{ image_id }])).toEqual([]);
    expect(await rowsOf(stack, owner.sub)).toEqual(before);
  });
});

describe("images in flight", () => {
  test("are at most 20 of one owner, those of other owners uncounted", async ({ stack, owner }) => {
    await insertInFlight(stack, owner, limits.images_in_flight);
    const answer = await request(stack, "POST", "/images", { sub: owner.sub, body: await sent() });
    expect([answer.status, answer.body.error.code, answer.headers.get("retry-after")]).toEqual([
      429,
      "upload.too_many",
      "1",
    ]);
    expect((await newOwner(stack).client.createImage(await sent())).image.status).toBe("published");
    await passTime(stack, owner, 31); // longer than a request may take
    expect((await owner.client.createImage(await sent())).image.status).toBe("published");
  });

  test("have 3 attempts at most at the same time, by repeats with one key", async ({
    stack,
    owner,
  }) => {
    const { input, key } = await diedAfterStoring(stack, owner);
    const repeat = () =>
      request(stack, "POST", "/images", {
        sub: owner.sub,
        body: input,
        headers: { "idempotency-key": key.idempotencyKey },
      });
    const setAttempts = (attempts: number) => stack.sql`
      update images set status = 'pending', attempts = ${attempts}, attempted_at = now()
      where owner_id = ${`user:${owner.sub}`}
    `;
    await setAttempts(3);
    const answer = await repeat();
    expect([answer.status, answer.body.error.code, answer.headers.get("retry-after")]).toEqual([
      429,
      "upload.too_many",
      "1",
    ]);
    await passTime(stack, owner, 31);
    expect((await repeat()).status).toBe(201);
    expect((await rowsOf(stack, owner.sub))[0]).toMatchObject({ status: "published", attempts: 2 });
    await setAttempts(2);
    expect((await repeat()).status).toBe(201);
  });
});

const sent = async () => {
  const { image_base64 } = await picture();
  return { image_base64 };
};

const rowsOf = async ({ sql }: TestStack, sub: string) => [
  ...(await sql`select * from images where owner_id = ${`user:${sub}`} order by image_id`),
];

/** An image whose request stored everything and ended before it wrote the row. */
async function diedAfterStoring(stack: TestStack, { client }: Owner) {
  const input = { image_base64: (await picture(340)).image_base64 };
  const key = { idempotencyKey: randomUUID() };
  const { image } = await client.createImage(input, key);
  await stack.sql`
    update images
    set status = 'pending', key = null, url = null, sha256 = null, variants = '[]', stored_bytes = null
    where image_id = ${image.image_id}
  `;
  return { input, key, image };
}

/** Lets time pass for the images of an owner. */
const passTime = ({ sql }: TestStack, { sub }: Owner, seconds: number) => sql`
  update images
  set attempted_at = attempted_at - make_interval(secs => ${seconds}),
      expires_at = expires_at - make_interval(secs => ${seconds})
  where owner_id = ${`user:${sub}`}
`;

const insertInFlight = ({ sql }: TestStack, { sub }: Owner, count: number) => sql`
  insert into images (image_id, owner_id, platform, source, status, bytes, attempts, attempted_at, expires_at)
  select gen_random_uuid(), ${`user:${sub}`}, 'base64', '{}', 'pending', 100, 1, now(),
         now() + interval '5 minutes'
  from generate_series(1, ${count}::integer)
`;

/** A PNG with a chunk that makes it this long. */
function padded(bytes: Buffer, length: number) {
  const rest = Buffer.alloc(length - bytes.length - 12, "x");
  return Buffer.concat([bytes.subarray(0, -12), chunk("prVt", rest), bytes.subarray(-12)]);
}

const withPrompt = (bytes: Buffer, prompt: string) =>
  pngOf(
    bytes.subarray(signature.length, 33),
    chunk("tEXt", Buffer.from(`parameters\0${prompt}`, "latin1")),
    bytes.subarray(33),
  );
