import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { character, faction } from "../support/pieceDrafts.ts";
import { newOwner, type Owner, request, type TestStack } from "../support/stack.ts";
import { test } from "../support/stackWithPlatforms.ts";
import { closeGate, untilWaiting } from "../support/tableGate.ts";
import { fileOf, uploadRequest } from "../support/uploadRequests.ts";

/**
 * Two requests that meet at a chosen statement: the first is held there until the second has come as far as
 * it gets. One of them must see what the other did.
 */
describe("two requests at once", () => {
  test("add no more pieces than a world may have", async ({ stack }) => {
    const { client } = newOwner(stack);
    const { world } = await client.createWorld({ theme: "norse", pieces: factions(199) });
    const gate = await closeGate(stack.sql, "lore_pieces", "insert");
    const add = () => client.addPieces({ world_id: world.world_id, pieces: factions(1) });
    const added = Promise.allSettled([add(), add()]);
    await gate.waiting(2);
    await gate.open();

    expect(codesOf(await added)).toEqual(["done", "world.full"]);
    expect((await client.getWorld(world)).world.pieces).toHaveLength(200);
  });

  test("generate no more characters than an hour has room for", async ({ stack }) => {
    const { client, sub } = newOwner(stack);
    await spendGenerations(stack, sub, 119);
    const gate = await closeGate(stack.sql, "generations", "insert");
    const generate = () => client.generateCharacters({ theme: "norse", count: 1 });
    const generated = Promise.allSettled([generate(), generate()]);
    await gate.waiting(2);
    const other = newOwner(stack).client.generateCharacters({ theme: "norse", count: 1 });
    await gate.waiting(3);
    // the first waits at the gate and the second for the first; the other owner waits at the gate only
    const [held] = await stack.sql`
      select count(*)::integer as count from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like '%insert into generations%'
    `;
    expect(held).toEqual({ count: 2 });
    await gate.open();

    expect(codesOf(await generated)).toEqual(["done", "generation.too_many"]);
    await other;
  });

  test("reserve no more uploads than an owner may have", async ({ stack }) => {
    const { client } = newOwner(stack);
    const presign = () => client.presignUpload(uploadRequest(Buffer.from("19")));
    for (let count = 0; count < 19; count += 1) await presign();
    const gate = await closeGate(stack.sql, "images", "insert");
    const presigned = Promise.allSettled([presign(), presign()]);
    await gate.waiting(2);
    await gate.open();

    expect(codesOf(await presigned)).toEqual(["done", "upload.too_many"]);
  });

  test("publish no more images in requests than an owner may have in flight", async ({ stack }) => {
    const { sub } = newOwner(stack);
    await stack.sql`
      insert into images (image_id, owner_id, platform, source, status, bytes, attempted_at, expires_at)
      select gen_random_uuid(), ${`user:${sub}`}, 'base64', '{}', 'pending', 1, now(), now() + interval '1 hour'
      from generate_series(1, 19)
    `;
    const body = { image_base64: (await png(64)).toString("base64") };
    const gate = await closeGate(stack.sql, "images", "insert");
    const send = () => request(stack, "POST", "/images", { sub, body });
    const sent = Promise.all([send(), send()]);
    await gate.waiting(2);
    await gate.open();

    expect((await sent).map(({ status }) => status).sort()).toEqual([201, 429]);
  });

  test("delete an image, and give it to no world as its picture", async ({ stack }) => {
    const { client } = newOwner(stack);
    const { image_id } = await client.upload(fileOf(await png(64, "#0d0d01")));
    const { world } = await client.createWorld({ theme: "norse", pieces: [faction] });
    const gate = await closeGate(stack.sql, "images", "delete");
    const deleted = client.deleteImage({ image_id });
    await gate.waiting(1);
    const { world_id } = world;
    const given = Promise.allSettled([client.updateWorld({ world_id, image_id })]);
    await gate.waiting(2);
    await gate.open();

    await deleted;
    expect(codesOf(await given)).toEqual(["image.not_published"]);
    expect((await client.getWorld(world)).world.image).toBeNull();
  });

  test("reserve no more links to Telegram than an owner may have", async ({ stack }) => {
    const { client } = newOwner(stack);
    for (let count = 0; count < 9; count += 1) await client.linkTelegram();
    const gate = await closeGate(stack.sql, "telegram_links", "insert");
    const links = Promise.allSettled([client.linkTelegram(), client.linkTelegram()]);
    await gate.waiting(2);
    await gate.open();

    expect(codesOf(await links)).toEqual(["done", "link.too_many"]);
  });

  test("delete a world, and add no pieces that its erasure misses", async ({ stack }) => {
    const { client } = newOwner(stack);
    const { world } = await client.createWorld({ theme: "norse", pieces: [faction] });
    const gate = await closeGate(stack.sql, "worlds", "delete");
    const deleted = client.deleteWorld(world);
    await gate.waiting(1);
    const added = Promise.allSettled([
      client.addPieces({ world_id: world.world_id, pieces: [await character()] }),
    ]);
    await gate.waiting(2);
    await gate.open();

    await deleted;
    expect(codesOf(await added)).toEqual(["world.not_found"]);
  });

  test("delete a world, and replace no portrait that its erasure misses", async ({ stack }) => {
    const { client } = newOwner(stack);
    const ids = await pieceOf({ client });
    const gate = await closeGate(stack.sql, "worlds", "delete");
    const deleted = client.deleteWorld(ids);
    await gate.waiting(1);
    const replaced = Promise.allSettled([client.replacePortrait(await replacement(ids))]);
    await gate.waiting(2);
    await gate.open();

    await deleted;
    expect(codesOf(await replaced)).toEqual(["piece.not_found"]);
  });

  test("delete an owner, and add no pieces that its erasure misses", async ({ stack }) => {
    const { client } = newOwner(stack);
    const { world } = await client.createWorld({ theme: "norse", pieces: [faction] });
    const gate = await closeGate(stack.sql, "worlds", "delete");
    const erased = client.eraseOwner();
    await gate.waiting(1);
    const added = Promise.allSettled([
      client.addPieces({ world_id: world.world_id, pieces: [await character()] }),
    ]);
    await gate.waiting(2);
    await gate.open();

    await erased;
    expect(codesOf(await added)).toEqual(["world.not_found"]);
  });

  test("delete an owner, and replace no portrait that its erasure misses", async ({ stack }) => {
    const { client } = newOwner(stack);
    const ids = await pieceOf({ client });
    const gate = await closeGate(stack.sql, "worlds", "delete");
    const erased = client.eraseOwner();
    await gate.waiting(1);
    const replaced = Promise.allSettled([client.replacePortrait(await replacement(ids))]);
    await gate.waiting(2);
    await gate.open();

    await erased;
    expect(codesOf(await replaced)).toEqual(["piece.not_found"]);
  });

  test("delete an owner with its Telegram account, which cannot be unlinked meanwhile", async ({
    stack,
    telegram,
    sender: { phone, client },
  }) => {
    phone.sendPhoto(await png(64, "#515253"));
    await phone.waitForReply();
    const gate = await closeGate(stack.sql, "worlds", "delete");
    const erased = client.eraseOwner();
    await gate.waiting(1);
    phone.sendText("/unlink");
    await gate.waiting(2);
    await gate.open();

    await erased;
    expect((await phone.waitForReply()).text).toBe("This account was not linked.");
    expect(telegram.calls.length).toBeGreaterThan(0);
  });

  test("make a portrait of an image, which cannot be deleted meanwhile", async ({ stack }) => {
    const { client } = newOwner(stack);
    const image = await client.upload(fileOf(await png(64, "#616263")));
    const gate = await closeGate(stack.sql, "worlds", "insert");
    const created = client.createWorld(worldOf(image));
    await gate.waiting(1);
    const deleted = Promise.allSettled([client.deleteImage(image)]);
    await gate.waiting(2);
    await gate.open();

    const { world } = await created;
    expect(codesOf(await deleted)).toEqual(["image.in_use"]);
    const { pieces } = await client.waitForPortraits(world.world_id);
    expect(pieces[0]!.portrait_status).toBe("published");
  });

  test("delete an image, and make no portrait of it meanwhile", async ({ stack }) => {
    const { client } = newOwner(stack);
    const image = await client.upload(fileOf(await png(64, "#717273")));
    const gate = await closeGate(stack.sql, "images", "delete");
    const deleted = client.deleteImage(image);
    await gate.waiting(1);
    const created = Promise.allSettled([client.createWorld(worldOf(image))]);
    await gate.waiting(2);
    await gate.open();

    await deleted;
    expect(codesOf(await created)).toEqual(["image.not_published"]);
  });
});

describe("a request that waits for another one", () => {
  test("to delete an image with its portraits keeps those from being replaced", async ({
    stack,
  }) => {
    const { client } = newOwner(stack);
    const image = await client.upload(fileOf(await png(64, "#919293")));
    const { world } = await client.createWorld(worldOf(image));
    const { world_id } = world;
    const { pieces } = await client.waitForPortraits(world_id);
    const ids = { world_id, piece_id: pieces[0]!.piece_id };
    const request = await replacement(ids);
    const { requests } = await stack.sql.begin(async (tx) => {
      await tx`select 1 from images where image_id = ${image.image_id} for update`;
      const deleted = client.deleteImage({ image_id: image.image_id, force: true });
      await untilWaiting(stack.sql, 1);
      const replaced = client.replacePortrait(request);
      await untilWaiting(stack.sql, 2);
      return { requests: Promise.all([deleted, replaced]) };
    });
    await requests;
    await client.waitForPortraits(world_id);
  });

  test("to make a portrait of an image leaves the image to others until it has the piece", async ({
    stack,
  }) => {
    const { client } = newOwner(stack);
    const ids = await pieceOf({ client });
    const image = await client.upload(fileOf(await png(64, "#a1a2a3")));
    const { replaced } = await stack.sql.begin(async (tx) => {
      await tx`select 1 from lore_pieces where piece_id = ${ids.piece_id} for update`;
      const replacing = client.replacePortrait({ ...ids, image_id: image.image_id });
      await untilWaiting(stack.sql, 1);
      await tx`select 1 from images where image_id = ${image.image_id} for update nowait`;
      return { replaced: Promise.all([replacing]) };
    });
    await replaced;
  });
});

const factions = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ ...faction, name: `Faction ${index}` }));

const worldOf = ({ image_id }: { image_id: string }) => ({
  theme: "norse",
  pieces: [
    {
      type: "character" as const,
      name: "Mira",
      description: "",
      details: {},
      portrait_image_id: image_id,
    },
  ],
});

/** A character whose portrait is published. */
async function pieceOf({ client }: Pick<Owner, "client">) {
  const { world } = await client.createWorld({ theme: "norse", pieces: [await character()] });
  const { world_id } = world;
  const { pieces } = await client.waitForPortraits(world_id);
  return { world_id, piece_id: pieces[0]!.piece_id };
}

async function replacement(ids: { world_id: string; piece_id: string }) {
  return { ...ids, image_portrait_base64: (await png(48)).toString("base64") };
}

async function spendGenerations({ sql }: TestStack, sub: string, characters: number) {
  await sql`
    insert into generations (generation_id, owner_id, characters)
    values (gen_random_uuid(), ${`user:${sub}`}, ${characters})
  `;
}

/** The error codes of requests, in the order of the alphabet; `done` for one that succeeded. */
const codesOf = (results: PromiseSettledResult<unknown>[]) =>
  results
    .map((result) => (result.status === "fulfilled" ? "done" : (result.reason as Coded).code))
    .sort();
type Coded = { code: string };
