import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { character, faction } from "../support/pieceDrafts.ts";
import { deliver, testWithoutConsumers as test } from "../support/stack.ts";

describe("the list of worlds", () => {
  test("has the counts and the first four portraits of each, in the order of the pieces", async ({
    stack,
    owner: { client },
  }) => {
    const names = ["A", "B", "C", "D", "E"];
    const pieces = await Promise.all(names.map((name) => character(name)));
    const { world } = await client.createWorld({ theme: "norse", pieces: [faction, ...pieces] });
    const summary = async () => (await client.listWorlds()).worlds[0]!;
    expect(await summary()).toMatchObject({
      piece_count: 6,
      portrait_count: 0,
      pending_portraits: 5,
      cover: [],
    });
    const ids = world.pieces.slice(1).map(({ piece_id }) => piece_id);
    const publish = (piece_id: string, version = 1) =>
      deliver(stack, "PortraitQueue", [{ piece_id, version }]);
    await publish(ids[4]!);
    await publish(ids[1]!);
    expect(await summary()).toMatchObject({ portrait_count: 2, pending_portraits: 3 });
    const portraits = async () =>
      (await client.getWorld(world)).world.pieces
        .flatMap(({ details }) => details.image_portrait ?? [])
        .slice(0, 4);
    expect((await summary()).cover.map(({ url }) => url)).toEqual(await portraits());
    for (const id of [ids[0]!, ids[2]!, ids[3]!]) await publish(id);
    const { cover, ...counts } = await summary();
    expect(counts).toMatchObject({ portrait_count: 5, pending_portraits: 0 });
    expect(cover.map(({ url }) => url)).toEqual(await portraits());
    expect(cover).toHaveLength(4);
    for (const { url, variants } of cover) expect(variants.at(-1)!.url).toBe(url);
  });

  test("shows the old portrait while a new one is pending", async ({
    stack,
    owner: { client },
  }) => {
    const { world } = await client.createWorld({ theme: "norse", pieces: [await character()] });
    const { world_id } = world;
    const { piece_id } = world.pieces[0]!;
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    const { cover } = (await client.listWorlds()).worlds[0]!;
    const image_portrait_base64 = (await png(90)).toString("base64");
    await client.replacePortrait({ world_id, piece_id, image_portrait_base64 });
    expect((await client.listWorlds()).worlds[0]).toMatchObject({
      portrait_count: 1,
      pending_portraits: 1,
      cover,
    });
  });

  test("has nothing of worlds without pieces or of others", async ({ owner: { client } }) => {
    const { world } = await client.createWorld({ theme: "norse", pieces: [faction] });
    await client.deletePiece({ ...world, piece_id: world.pieces[0]!.piece_id });
    const { pieces: _, page: __, ...shown } = world;
    expect((await client.listWorlds()).worlds).toEqual([
      {
        ...shown,
        piece_count: 0,
        portrait_count: 0,
        pending_portraits: 0,
        cover: [],
        has_page: false,
      },
    ]);
  });
});
