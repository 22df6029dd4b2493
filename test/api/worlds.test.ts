import { randomUUID } from "node:crypto";
import { describe, expect } from "vitest";
import { noisePng } from "../support/images.ts";
import { character, faction } from "../support/pieceDrafts.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";

describe("a world", () => {
  test("is returned as it was saved, in the order it was sent, without base64", async ({
    owner: { client },
  }) => {
    const pieces = [await character("Mira"), faction, await character("Odd")];
    const world = { theme: "norse", title: "Ashfall", story: "It began with rain." };

    const created = (await client.createWorld({ ...world, pieces })).world;

    expect(created).toMatchObject(world);
    expect(created.pieces.map(({ name }) => name)).toEqual(["Mira", "The Lamplighters", "Odd"]);
    expect(JSON.stringify(created)).not.toContain("base64");
    expect((await client.getWorld({ world_id: created.world_id })).world).toEqual(created);
  });

  test("accepts what generateCharacters returned, including portrait_error", async ({
    owner: { client },
  }) => {
    const { characters } = await client.generateCharacters({ theme: "deep sea", count: 2 });
    const late = { ...characters[0]!, portrait_error: "timeout" as const };

    const { world } = await client.createWorld({
      theme: "deep sea",
      pieces: [late, characters[1]!],
    });

    expect(world.pieces).toHaveLength(2);
    expect(world.pieces[0]).not.toHaveProperty("portrait_error", "timeout");
  });

  test("keeps allowed details exactly as they were", async ({ owner: { client } }) => {
    const details = {
      nested: { a: [1, 2.5, -1e-7, null, true, { b: "ü 🜁 \u2028" }] },
      constructor: "allowed",
      "": "empty key",
      long: "x".repeat(60_000),
    };

    const { world } = await client.createWorld({ theme: "x", pieces: [{ ...faction, details }] });

    const again = await client.getWorld({ world_id: world.world_id });
    expect(again.world.pieces[0]!.details).toEqual(details);
  });

  test("holds 200 pieces and no more", async ({ owner: { client } }) => {
    const twenty = Array(20).fill(faction);
    const { world } = await client.createWorld({ theme: "x", pieces: Array(190).fill(faction) });
    const { world_id } = world;
    expect(world.pieces).toHaveLength(190);

    await expect(client.addPieces({ world_id, pieces: twenty })).rejects.toMatchObject({
      code: "world.full",
    });

    await client.addPieces({ world_id, pieces: twenty.slice(10) });
    expect((await client.getWorld({ world_id })).world.pieces).toHaveLength(200);
  });

  test("that is larger than one request is sent by the client in several", async ({
    owner: { client },
  }) => {
    const portrait = await noisePng(900); // 2.4 MB, 3.2 MB as base64
    const pieces = await Promise.all(["A", "B", "C"].map((name) => character(name, portrait)));

    const { world } = await client.createWorld({ theme: "vast", pieces });

    expect(world.pieces.map(({ name }) => name)).toEqual(["A", "B", "C"]);
    expect((await client.getWorld({ world_id: world.world_id })).world).toEqual(world);
  });
});

describe("the list of worlds", () => {
  test("is paged, newest first, without pieces", async ({ owner: { client } }) => {
    const ids: string[] = [];
    for (const theme of ["one", "two", "three"])
      ids.unshift((await client.createWorld({ theme, pieces: [faction] })).world.world_id);

    const first = await client.listWorlds({ limit: 2 });
    const second = await client.listWorlds({ limit: 2, cursor: first.next_cursor! });

    expect([...first.worlds, ...second.worlds].map(({ world_id }) => world_id)).toEqual(ids);
    expect(second.next_cursor).toBeNull();
    expect((await client.listWorlds({ limit: 3 })).next_cursor).toBeNull();
    expect(first.worlds[0]).toEqual({
      world_id: ids[0],
      theme: "three",
      title: null,
      story: null,
      image: null,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      ...{ piece_count: 1, portrait_count: 0, pending_portraits: 0, cover: [], has_page: false },
    });
  });
});

test("a world is listed, read and deleted by its owner only", async ({ stack, owner }) => {
  const { world } = await owner.client.createWorld({ theme: "x", pieces: [faction] });
  const other = stack.client(`another than ${owner.sub}`);
  expect((await other.listWorlds()).worlds).toEqual([]);
  await expect(other.getWorld(world)).rejects.toMatchObject({ code: "world.not_found" });
  await expect(other.deleteWorld(world)).rejects.toMatchObject({ code: "world.not_found" });
  expect((await owner.client.listWorlds()).worlds).toHaveLength(1);
});

describe("an idempotency key", () => {
  test("makes a repeated request return the same world, created once", async ({
    owner: { client },
  }) => {
    const idempotencyKey = randomUUID();
    const create = () => client.createWorld({ theme: "x", pieces: [faction] }, { idempotencyKey });

    const first = await create();
    const { world_id } = first.world;

    expect(await create()).toEqual(first);
    expect((await client.listWorlds()).worlds).toHaveLength(1);
    expect((await client.getWorld({ world_id })).world.pieces).toHaveLength(1);
  });

  test("makes five requests at once create one world", async ({ owner: { client } }) => {
    const idempotencyKey = randomUUID();
    const input = { theme: "x", pieces: [faction] };

    const answers = await Promise.all(
      Array.from({ length: 5 }, () => client.createWorld(input, { idempotencyKey })),
    );

    expect(new Set(answers.map(({ world }) => world.world_id)).size).toBe(1);
    expect((await client.listWorlds()).worlds).toHaveLength(1);
  });

  test("makes a repeated request add its pieces once", async ({ owner: { client } }) => {
    const { world } = await client.createWorld({ theme: "x", pieces: [faction] });
    const { world_id } = world;
    const idempotencyKey = randomUUID();
    const add = () => client.addPieces({ world_id, pieces: [faction] }, { idempotencyKey });

    expect(await add()).toEqual(await add());

    expect((await client.getWorld({ world_id })).world.pieces).toHaveLength(2);
  });

  test("is rejected for a different request, but free for another owner", async ({
    stack,
    owner,
  }) => {
    const idempotencyKey = randomUUID();
    const pieces = [faction];
    await owner.client.createWorld({ theme: "one", pieces }, { idempotencyKey });

    const other = owner.client.createWorld({ theme: "two", pieces }, { idempotencyKey });

    await expect(other).rejects.toMatchObject({ code: "idempotency_key.reused" });
    await stack.client("another owner").createWorld({ theme: "two", pieces }, { idempotencyKey });
  });

  test("is rejected for the same pieces in another world", async ({ owner: { client } }) => {
    const idempotencyKey = randomUUID();
    const create = async () => (await client.createWorld({ theme: "x", pieces: [faction] })).world;
    const [one, other] = [await create(), await create()];
    const add = ({ world_id }: { world_id: string }) =>
      client.addPieces({ world_id, pieces: [faction] }, { idempotencyKey });
    await add(one);

    await expect(add(other)).rejects.toMatchObject({ code: "idempotency_key.reused" });
    expect((await client.getWorld(other)).world.pieces).toHaveLength(1);
  });

  test("of two owners with the same request returns to each its own world", async ({
    stack,
    owner: { client },
  }) => {
    const idempotencyKey = randomUUID();
    const input = { theme: "x", pieces: [faction] };
    const other = stack.client(`another ${idempotencyKey}`);
    const mine = await client.createWorld(input, { idempotencyKey });
    const theirs = await other.createWorld(input, { idempotencyKey });

    expect(await client.createWorld(input, { idempotencyKey })).toEqual(mine);
    expect(await other.createWorld(input, { idempotencyKey })).toEqual(theirs);
  });

  test("of a world that was deleted is answered with 404", async ({ stack, owner: { client } }) => {
    const idempotencyKey = randomUUID();
    const create = () => client.createWorld({ theme: "x", pieces: [faction] }, { idempotencyKey });
    const { world } = await create();
    await stack.sql`delete from worlds where world_id = ${world.world_id}`;

    await expect(create()).rejects.toMatchObject({ code: "world.not_found" });
  });

  test("is free again after a request that was rejected", async ({ owner: { client } }) => {
    const idempotencyKey = randomUUID();
    const add = (world_id: string) =>
      client.addPieces({ world_id, pieces: [faction] }, { idempotencyKey });
    await expect(add(randomUUID())).rejects.toMatchObject({ code: "world.not_found" });

    const { world } = await client.createWorld({ theme: "x", pieces: [faction] });

    expect((await add(world.world_id)).pieces).toHaveLength(1);
  });
});
