import { randomUUID } from "node:crypto";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { character, faction, pendingPiece } from "../support/pieceDrafts.ts";
import { deliver, newOwner, sweep, testWithoutConsumers as test } from "../support/stack.ts";

describe("the text of a piece", () => {
  test("is changed field by field, and what is left out stays", async ({ owner: { client } }) => {
    const { world } = await client.createWorld({ theme: "norse", pieces: [faction] });
    const [piece] = world.pieces;
    const ids = { world_id: world.world_id, piece_id: piece!.piece_id };
    const change = async (changes: object) =>
      (await client.updatePiece({ ...ids, ...changes })).piece;
    expect(await change({})).toEqual(piece);
    expect(await change({ name: "The Watch" })).toEqual({ ...piece, name: "The Watch" });
    const renamed = { ...piece, name: "The Watch" };
    expect(await change({ description: "" })).toEqual({ ...renamed, description: "" });
    const details = { oath: ["Silence"], depth: { a: 1 } };
    const changed = { ...renamed, description: "", details };
    expect(await change({ details })).toEqual(changed);
    expect((await client.getWorld(world)).world.pieces).toEqual([changed]);
    expect(await change({ details: {} })).toEqual({ ...changed, details: {} });
  });

  test("is changed while its portrait is pending, and the portrait is published", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const ids = await pendingPiece(owner);
    const { piece } = await client.updatePiece({ ...ids, name: "Vela", details: { age: 40 } });
    expect(piece).toMatchObject({ name: "Vela", details: { age: 40 }, portrait_status: "pending" });
    expect(JSON.stringify(piece)).not.toContain("base64");
    await deliver(stack, "PortraitQueue", [{ piece_id: ids.piece_id, version: 1 }]);
    const [published] = (await client.getWorld(ids)).world.pieces;
    expect(published).toMatchObject({ name: "Vela", portrait_status: "published" });
    const { image_portrait, image_portrait_variants, ...own } = published!.details;
    expect(own).toEqual({ age: 40 });
    expect((await fetch(String(image_portrait))).status).toBe(200);

    const again = await client.updatePiece({ ...ids, details: { age: 41 } });
    expect(again.piece.details).toEqual({ age: 41, image_portrait, image_portrait_variants });
  });

  test("may not name a portrait, and keeps the limits of a new piece", async ({ owner }) => {
    const ids = await pendingPiece(owner);
    const own = ["image_portrait", "image_portrait_variants", "image_portrait_base64"];
    const refused = [
      ...own.map((key) => ({ details: { [key]: "x" } })),
      { name: "" },
      { name: "x".repeat(201) },
      { description: "x".repeat(4_001) },
      { details: { text: "x".repeat(65_536) } },
      { details: { nul: "\u0000" } },
      { type: "relic" },
    ];
    for (const changes of refused)
      await expect(owner.client.updatePiece({ ...ids, ...changes })).rejects.toMatchObject({
        code: "input.invalid",
      });
  });

  test("is changed and deleted by its owner only, in its own world", async ({ stack, owner }) => {
    const ids = await pendingPiece(owner);
    const other = newOwner(stack);
    const elsewhere = await pendingPiece(other);
    const wrong: [typeof owner, typeof ids][] = [
      [other, ids],
      [owner, { ...ids, world_id: elsewhere.world_id }],
      [owner, { ...ids, piece_id: randomUUID() }],
    ];
    for (const [{ client }, sent] of wrong) {
      const notFound = { code: "piece.not_found" };
      await expect(client.updatePiece({ ...sent, name: "x" })).rejects.toMatchObject(notFound);
      await expect(client.deletePiece(sent)).rejects.toMatchObject(notFound);
      await expect(client.listPortraits(sent)).rejects.toMatchObject(notFound);
      await expect(client.restorePortrait({ ...sent, version: 1 })).rejects.toMatchObject(notFound);
    }
    const [piece] = (await owner.client.getWorld(ids)).world.pieces;
    expect(piece!.name).toBe("Mira");
  });
});

describe("a deleted piece", () => {
  test("is gone at once, with every version of its portrait and the bytes that it counted", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const pieces = [await character("Mira"), await character("Vela")];
    const { world } = await client.createWorld({ theme: "norse", pieces });
    const { world_id } = world;
    const [mira, vela] = world.pieces.map(({ piece_id }) => piece_id);
    const publish = (piece_id: string, version: number) =>
      deliver(stack, "PortraitQueue", [{ piece_id, version }]);
    await publish(vela!, 1);
    const kept = (await client.getOwner()).usage.stored_bytes;
    await publish(mira!, 1);
    const image_portrait_base64 = (await png(81)).toString("base64");
    await client.replacePortrait({ world_id, piece_id: mira!, image_portrait_base64 });
    await publish(mira!, 2);
    const { portraits } = await client.listPortraits({ world_id, piece_id: mira! });
    expect(portraits).toHaveLength(2);

    const { erasure } = await client.deletePiece({ world_id, piece_id: mira! });
    const left = (await client.getWorld({ world_id })).world.pieces;
    expect(left.map(({ piece_id }) => piece_id)).toEqual([vela]);
    expect((await client.getOwner()).usage.stored_bytes).toBe(kept);
    await sweep(stack);
    for (const { url } of portraits) expect((await fetch(url)).status, url).toBe(404);
    expect((await client.getErasure(erasure)).erasure.objects).toBe(2);
    expect((await fetch(String(left[0]!.details.image_portrait))).status).toBe(200);
  });

  test("gives the same erasure for an hour, then 404", async ({ stack, owner }) => {
    const { client } = owner;
    const ids = await pendingPiece(owner);
    const { erasure } = await client.deletePiece(ids);
    expect((await client.deletePiece(ids)).erasure.erasure_id).toBe(erasure.erasure_id);
    await stack.sql`update erasures set created_at = created_at - interval '61 minutes'`;
    await expect(client.deletePiece(ids)).rejects.toMatchObject({ code: "piece.not_found" });
  });

  test("takes the portrait with it that a worker publishes meanwhile", async ({ stack, owner }) => {
    const ids = await pendingPiece(owner);
    const [{ erasure }] = await Promise.all([
      owner.client.deletePiece(ids),
      deliver(stack, "PortraitQueue", [{ piece_id: ids.piece_id, version: 1 }]),
    ]);
    await stack.sql`update erasure_objects set final_after = now()`;
    await sweep(stack);
    await sweep(stack);
    const url = `${stack.cdn}/portraits/${ids.world_id}/${ids.piece_id}_portrait.png`;
    expect((await fetch(url)).status).toBe(404);
    expect((await owner.client.getErasure(erasure)).erasure.erasure_id).toBe(erasure.erasure_id);
  });
});
