import { randomBytes } from "node:crypto";
import { ownerBytes } from "@keepsake/contract/limits";
import { v7 as uuidv7 } from "uuid";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type FaultyTelegram, faultyTelegram } from "../support/faultyTelegram.ts";
import { noisePng, png } from "../support/images.ts";
import { character, faction } from "../support/pieceDrafts.ts";
import {
  deliver,
  newOwner,
  type Owner,
  request,
  sweep,
  type TestStack,
  testStack,
} from "../support/stack.ts";
import { fileOf, sha256Of, uploadRequest } from "../support/uploadRequests.ts";

const limit = 400_000;
let stack: TestStack;
let telegram: FaultyTelegram;
let owner: Owner;

beforeAll(async () => {
  telegram = await faultyTelegram({ port: 0, botToken: "4040:bytes", botName: "keepsake_bot" });
  stack = await testStack({ consume: false, telegram, ownerBytes: limit });
});
beforeEach(() => {
  owner = newOwner(stack);
});
afterAll(async () => {
  await stack.stop();
  await telegram.stop();
});

const storedOf = async (sub: string) => {
  const [row] = await stack.sql`select owner_stored_bytes(${`user:${sub}`})::integer as bytes`;
  return row?.bytes;
};

/** Makes the owner full, as its own images would. */
const fill = ({ sub }: Owner, bytes = limit) =>
  stack.sql`insert into owner_totals (owner_id, bytes) values (${`user:${sub}`}, ${bytes})`;

const full = { code: "owner.full", details: { owner_bytes: limit } };

describe("the stored bytes of an owner", () => {
  test("are its published images with their smaller copies, until they are deleted", async () => {
    const bytes = await noisePng(340);
    const image = await owner.client.upload(fileOf(bytes));
    const copies = await Promise.all(
      image.variants.map(async ({ url }) => (await (await fetch(url)).arrayBuffer()).byteLength),
    );
    expect(copies).toHaveLength(1);
    expect(await storedOf(owner.sub)).toBe(image.bytes! + copies[0]!);

    await sweep(stack);
    await sweep(stack);
    expect(await storedOf(owner.sub)).toBe(image.bytes! + copies[0]!);
    await owner.client.deleteImage(image);
    expect(await storedOf(owner.sub)).toBe(0);
  });

  test("are its published portraits with their smaller copies, until their world is deleted", async () => {
    const { world } = await owner.client.createWorld({
      theme: "norse",
      pieces: [await character("Mira", await png(340)), faction],
    });
    const { world_id } = world;
    const { piece_id } = world.pieces[0]!;
    expect(await storedOf(owner.sub)).toBe(0);
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    expect(await storedOf(owner.sub)).toBe(await portraitBytes(owner, world_id));

    const image_portrait_base64 = (await png(400)).toString("base64");
    await owner.client.replacePortrait({ world_id, piece_id, image_portrait_base64 });
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 2 }]);
    expect(await storedOf(owner.sub)).toBe(await portraitBytes(owner, world_id));

    await owner.client.deleteWorld({ world_id });
    expect(await storedOf(owner.sub)).toBe(0);
  });

  test("of portraits made of an image that is deleted by force no longer count", async () => {
    const { image_id } = await owner.client.upload(fileOf(await png(340, "#0b0b01")));
    const mira = { ...faction, type: "character" as const, portrait_image_id: image_id };
    const { world } = await owner.client.createWorld({ theme: "norse", pieces: [mira] });
    const { piece_id } = world.pieces[0]!;
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    expect(await storedOf(owner.sub)).toBeGreaterThan(0);
    await owner.client.deleteImage({ image_id, force: true });
    expect(await storedOf(owner.sub)).toBe(0);
  });

  test("leave no rows when everything of the owner is deleted and swept", async () => {
    await owner.client.upload(fileOf(await png(340, "#0b0b02")));
    await owner.client.createWorld({
      theme: "norse",
      pieces: [await character("Mira", await png(340))],
    });
    const [{ piece_id }] = await stack.sql<[{ piece_id: string }]>`
      select piece_id from lore_pieces join worlds using (world_id)
      where owner_id = ${`user:${owner.sub}`}
    `;
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    await owner.client.eraseOwner();
    await sweep(stack);
    const rows =
      await stack.sql`select 1 from owner_totals where owner_id = ${`user:${owner.sub}`}`;
    expect(rows).toEqual([]);
  });

  test("are one row after a sweep, however many images there are", async () => {
    for (const colour of ["#0b0c01", "#0b0c02", "#0b0c03"])
      await owner.client.upload(fileOf(await png(32, colour)));
    const before = await storedOf(owner.sub);
    await Promise.all([sweep(stack), sweep(stack)]);
    await sweep(stack);
    const rows = await stack.sql`
      select bytes::integer from owner_totals where owner_id = ${`user:${owner.sub}`}
    `;
    expect(rows.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(before);
    expect(rows.length).toBeLessThanOrEqual(2);
  });
});

async function portraitBytes({ client }: Owner, world_id: string) {
  const { details } = (await client.getWorld({ world_id })).world.pieces[0]!;
  const sizes = details.image_portrait_variants as { url: string }[];
  expect(sizes).toHaveLength(2);
  let sum = 0;
  for (const { url } of sizes) sum += (await (await fetch(url)).arrayBuffer()).byteLength;
  return sum;
}

describe("an owner that has stored all that it may", () => {
  test("is refused an upload that does not fit, to the byte, with those that are pending", async () => {
    await fill(owner, limit - 1_000);
    const presign = (size: number) =>
      owner.client.presignUpload({ ...uploadRequest(randomBytes(10)), size });
    await expect(presign(1_001)).rejects.toMatchObject(full);
    const ticket = await presign(600);
    await expect(presign(401)).rejects.toMatchObject(full);
    await presign(400);
    await owner.client.cancelUpload(ticket);
    await presign(600);
  });

  test("is refused an image in a request that does not fit, to the byte, with uploads that are pending", async () => {
    const bytes = await noisePng(64);
    const image_base64 = bytes.toString("base64");
    await fill(owner, limit - bytes.length - 1_000);
    const ticket = await owner.client.presignUpload({
      ...uploadRequest(randomBytes(10)),
      size: 1_001,
    });
    await expect(owner.client.createImage({ image_base64 })).rejects.toMatchObject(full);
    await owner.client.cancelUpload(ticket);
    await owner.client.presignUpload({ ...uploadRequest(randomBytes(10)), size: 1_000 });
    expect((await owner.client.createImage({ image_base64 })).image.status).toBe("published");
  });

  test("gets one of several images that it sends at once, when there is room for one", async () => {
    const pictures = await Promise.all(Array.from({ length: 5 }, () => noisePng(64)));
    const [{ length }] = pictures as [Buffer];
    await fill(owner, limit - 2 * length + 1_000);
    const answers = await Promise.allSettled(
      pictures.map((bytes) => owner.client.createImage({ image_base64: bytes.toString("base64") })),
    );
    const refused = answers.flatMap((answer) =>
      answer.status === "rejected" ? [answer.reason.code] : [],
    );
    expect(refused).toEqual(Array(4).fill("owner.full"));
    expect((await owner.client.listImages()).images).toHaveLength(1);
  });

  test("is refused an upload that does not fit with the images in flight", async () => {
    await fill(owner, limit - 1_000);
    await stack.sql`
      insert into images (image_id, owner_id, platform, source, status, bytes, attempted_at, expires_at)
      values (gen_random_uuid(), ${`user:${owner.sub}`}, 'base64', '{}', 'pending', 600, now(),
              now() + interval '5 minutes')
    `;
    const presign = (size: number) =>
      owner.client.presignUpload({ ...uploadRequest(randomBytes(10)), size });
    await expect(presign(401)).rejects.toMatchObject(full);
    await presign(400);
  });

  test("uploads again once something is deleted", async () => {
    const image = await owner.client.upload(fileOf(await png(340, "#0b0d01")));
    await fill(owner, limit - (await storedOf(owner.sub)));
    const file = fileOf(await png(32, "#0b0d02"));
    await expect(owner.client.upload(file)).rejects.toMatchObject(full);
    await owner.client.deleteImage(image);
    expect((await owner.client.upload(file)).status).toBe("published");
  });

  test("is refused portraits, new and in place of others, but no world without them", async () => {
    const { world } = await owner.client.createWorld({
      theme: "norse",
      pieces: [await character("Mira")],
    });
    const { world_id } = world;
    const { piece_id } = world.pieces[0]!;
    await fill(owner);
    const pieces = [await character("Odd")];
    const image_portrait_base64 = (await png(64)).toString("base64");
    const { client } = owner;
    for (const refused of [
      () => client.createWorld({ theme: "norse", pieces }),
      () => client.addPieces({ world_id, pieces }),
      () => client.replacePortrait({ world_id, piece_id, image_portrait_base64 }),
    ])
      await expect(refused()).rejects.toMatchObject({ code: "owner.full" });
    await client.addPieces({ world_id, pieces: [faction] });
    await client.createWorld({ theme: "norse", pieces: [faction] });
    expect((await client.listWorlds()).worlds).toHaveLength(2);
  });

  test("gets the same world when it repeats a request that was accepted before", async () => {
    const world = { theme: "norse", pieces: [await character("Mira")] };
    const key = { idempotencyKey: sha256Of(randomBytes(8)) };
    const first = await owner.client.createWorld(world, key);
    await fill(owner);
    const again = await owner.client.createWorld(world, key);
    expect(again.world.world_id).toBe(first.world.world_id);
  });

  test("is refused new re-hosts, and gets those that it has", async () => {
    const rehost = (file_unique_id: string) =>
      owner.client.rehostImage({
        source: { platform: "telegram", file_id: `file-${file_unique_id}`, file_unique_id },
      });
    const { image } = await rehost("known");
    await fill(owner);
    await expect(rehost("new")).rejects.toMatchObject(full);
    expect((await rehost("known")).image.image_id).toBe(image.image_id);
  });

  test.for(["rejected", "failed"])("is refused a re-host again that was %s", async (status) => {
    const source = { platform: "telegram" as const, file_unique_id: `full-${status}` };
    const rehost = (file_id: string) =>
      owner.client.rehostImage({ source: { ...source, file_id } });
    const { image } = await rehost("1");
    await stack.sql`
      update images set status = ${status}, error_code = 'source.gone', error = 'It is gone'
      where image_id = ${image.image_id}
    `;
    await fill(owner);
    await expect(rehost("2")).rejects.toMatchObject(full);
    expect((await owner.client.getImage(image)).image.status).toBe(status);
  });

  test.for([
    ["not sent before", 404_001],
    ["rejected before", 404_002],
  ] as const)(
    "gets a reply of the bot that says so, and a picture that was %s is not stored",
    async ([kind, id]) => {
      const from = { id, first_name: "Mira" };
      telegram.phone(from);
      const { file_path: _, ...file } = telegram.addFile(await png(64));
      const document = { ...file, file_name: "map.png", mime_type: "image/png" };
      const chat = { id: from.id, type: "private" };
      const message = { message_id: 1, date: 1, from, chat, document };
      const headers = { "x-telegram-bot-api-secret-token": stack.webhookSecret };
      await stack.sql`
      insert into owner_totals (owner_id, bytes) values (${`telegram:${id}`}, ${limit})
    `;
      if (kind === "rejected before")
        await stack.sql`
        insert into images (image_id, owner_id, platform, platform_ref, source, status, error_code, error)
        values (${uuidv7()}, ${`telegram:${id}`}, 'telegram', ${file.file_unique_id}, '{}', 'rejected',
                'source.gone', 'It is gone')
      `;
      const body = { update_id: id, message };
      const answer = await request(stack, "POST", "/telegram/webhook", { body, headers });
      expect(answer.status).toBe(200);
      expect(
        await stack.sql`
        select 1 from images
        where platform = 'telegram' and owner_id = ${`telegram:${id}`} and status <> 'rejected'
      `,
      ).toEqual([]);
      expect(JSON.stringify(telegram.phone(from).replies())).toContain("take up all of the space");
    },
  );
});

describe("OWNER_BYTES", () => {
  test("is shown to the owner by GET /me, with what it has stored of it", async () => {
    await fill(owner, 1_000);
    expect(await owner.client.getOwner()).toMatchObject({
      usage: { images: 0, stored_bytes: 1_000 },
      limits: { images: null, stored_bytes: limit },
    });
  });

  test("is no limit when it is 0 or not set, and must be a number of bytes", () => {
    expect([undefined, "", "0", "5000000000"].map(ownerBytes)).toEqual([0, 0, 0, 5_000_000_000]);
    for (const wrong of ["5 GB", "-1", "1.5"])
      expect(() => ownerBytes(wrong)).toThrow("OWNER_BYTES must be a number of bytes");
  });
});
