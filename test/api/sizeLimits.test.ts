import { randomBytes } from "node:crypto";
import { limits } from "@keepsake/contract/limits";
import sharp from "sharp";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { character, faction } from "../support/pieceDrafts.ts";
import {
  type Owner,
  request,
  sweep,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";
import { fileOf, uploadRequest } from "../support/uploadRequests.ts";

describe("a portrait", () => {
  const create = async ({ client }: Owner, portrait: Buffer) =>
    client.createWorld({ theme: "norse", pieces: [await character("Mira", portrait)] });

  test("may have 3,000,000 bytes and no more", async ({ owner }) => {
    const picture = await png();
    const padded = (bytes: number) =>
      Buffer.concat([picture, Buffer.alloc(bytes - picture.length)]);
    await create(owner, padded(limits.portrait_bytes));
    await expect(create(owner, padded(limits.portrait_bytes + 1))).rejects.toMatchObject({
      code: "image.too_large",
    });
  });

  test("may have sides of 16 to 4,096 px and no others", async ({ owner }) => {
    for (const [width, height] of [
      [16, 16],
      [4_096, 16],
      [16, 4_096],
    ] as const)
      await create(owner, await picture(width, height));
    for (const [width, height] of [
      [15, 16],
      [16, 15],
      [4_097, 16],
      [16, 4_097],
    ] as const)
      await expect(create(owner, await picture(width, height))).rejects.toMatchObject({
        code: "image.bad_dimensions",
      });
  });
});

test("the sub of a token may have 1 to 255 characters and no other number", async ({ stack }) => {
  await stack.client("x".repeat(limits.subject_chars)).listWorlds();
  for (const sub of ["", "x".repeat(limits.subject_chars + 1)])
    await expect(stack.client(sub).listWorlds()).rejects.toMatchObject({ code: "token.refused" });
});

test("a text may have as many characters as its limit says, of any alphabet", async ({ owner }) => {
  const create = (name: string) =>
    owner.client.createWorld({ theme: "norse", pieces: [{ ...faction, name }] });
  await create("𝕬".repeat(limits.name_chars));
  await expect(create("𝕬".repeat(limits.name_chars + 1))).rejects.toMatchObject({
    code: "input.invalid",
    message: expect.stringContaining("<=200 characters"),
  });
});

describe("a request with pieces", () => {
  test("may have 5,500,000 bytes and no more, however many characters they are", async ({
    stack,
    owner: { sub },
  }) => {
    const send = async (description: string, bytes: number) => {
      const body = JSON.stringify({ theme: "norse", pieces: [{ ...faction, description }] });
      const padding = " ".repeat(bytes - Buffer.byteLength(body));
      return (await request(stack, "POST", "/worlds", { sub, body: body + padding })).status;
    };
    expect(await send("plain", limits.pieces_body_bytes)).toBe(201);
    expect(await send("plain", limits.pieces_body_bytes + 1)).toBe(413);
    expect(await send("é".repeat(100), limits.pieces_body_bytes + 1)).toBe(413);
  });
});

describe("an upload", () => {
  test("may have 40,000,000 pixels and no more", { timeout: 60_000 }, async ({ owner }) => {
    const { client } = owner;
    await client.upload(fileOf(await picture(8_000, 5_000)));
    await expect(client.upload(fileOf(await picture(8_000, 5_001)))).rejects.toMatchObject({
      code: "image.bad_dimensions",
    });
  });

  test("may be the last byte of the 200 MB that an owner may have pending", async ({
    owner: { client },
  }) => {
    const presign = (size: number) =>
      client.presignUpload({ ...uploadRequest(randomBytes(10)), size });
    for (let count = 0; count < 9; count += 1) await presign(20_000_000);
    await presign(19_999_999);
    await expect(presign(2)).rejects.toMatchObject({ code: "upload.too_many" });
    await presign(1);
  });

  test("that has no room may be requested when the first pending one expires", async ({
    stack,
    owner: { client, sub },
  }) => {
    const presign = () =>
      client.presignUpload({ ...uploadRequest(randomBytes(10)), size: 20_000_000 });
    for (let count = 0; count < 10; count += 1) await presign();
    await stack.sql`
      update images set url_expires_at = now() + interval '100 seconds'
      where image_id = (select image_id from images where owner_id = ${`user:${sub}`}
                        order by image_id limit 1)
    `;
    const error = await presign().catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "upload.too_many" });
    expect(error.retryAfterSeconds).toBeGreaterThan(80);
    expect(error.retryAfterSeconds).toBeLessThanOrEqual(100);
  });
});

describe("generated characters", () => {
  const generate = ({ client }: Owner, count = 1) =>
    client.generateCharacters({ theme: "norse", count });

  test("count for an hour", async ({ stack, owner }) => {
    await count(stack, owner, 119, "59 minutes");
    await sweep(stack);
    await generate(owner);
    const error = await generate(owner).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: "generation.too_many",
      message: "You have used this hour's 120 characters: more are possible in a minute",
      details: { limit: 120, left: 0, next_at: expect.any(String) },
    });
    const wait = Date.parse(error.details.next_at) - Date.now();
    expect(Math.abs(wait / 1_000 - error.retryAfterSeconds)).toBeLessThan(5);
    expect(error.retryAfterSeconds).toBeGreaterThan(30);
    expect(error.retryAfterSeconds).toBeLessThanOrEqual(60);

    await stack.sql`update generations set created_at = created_at - interval '90 seconds'`;
    await generate(owner, 6);
  });

  test("may be the last ones that the hour has room for", async ({ stack, owner }) => {
    await count(stack, owner, 117, "1 minute");
    await expect(generate(owner, 4)).rejects.toMatchObject({
      code: "generation.too_many",
      message: "Of this hour's 120 characters you have 3 left: generate fewer, or wait 59 minutes",
      details: { limit: 120, left: 3 },
    });
    await generate(owner, 3);
  });

  test("of another owner do not count", async ({ stack, owner }) => {
    await count(stack, { ...owner, sub: `another than ${owner.sub}` }, 120, "1 minute");
    await generate(owner);
  });

  test("include portraits that are generated again", async ({ stack, owner }) => {
    await count(stack, owner, 119, "1 minute");
    const repaint = { name: "Mira", description: "A keeper.", details: { traits: ["Fearless"] } };
    const again = async () => {
      for await (const { type } of owner.client.streamCharacters({ theme: "norse", repaint }))
        expect(["portrait", "done"]).toContain(type);
    };
    await again();
    await expect(again()).rejects.toMatchObject({ code: "generation.too_many" });
  });
});

async function count({ sql }: TestStack, { sub }: Owner, characters: number, ago: string) {
  await sql`
    insert into generations (generation_id, owner_id, characters, created_at)
    values (gen_random_uuid(), ${`user:${sub}`}, ${characters}, now() - ${ago}::interval)
  `;
}

const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#102030" } })
    .png()
    .toBuffer();
