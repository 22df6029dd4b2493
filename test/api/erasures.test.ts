import { describe, expect } from "vitest";
import { character, faction } from "../support/drafts.ts";
import { bytesAt, fileOf, putTo, uploadRequest } from "../support/files.ts";
import { png } from "../support/images.ts";
import { deliver, sweep, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";

describe("deleting an image", () => {
  test("hides it at once, removes its objects, and returns a receipt", async ({ stack, owner }) => {
    const { client } = owner;
    const bytes = await png(64, "#010203");
    const { image_id, url } = await client.upload(fileOf(bytes));

    const { erasure } = await client.deleteImage({ image_id });

    expect(erasure).toMatchObject({ objects: 0, bytes: 0, purge: null, done_at: null });
    await expect(client.getImage({ image_id })).rejects.toMatchObject({ code: "image.not_found" });
    expect((await client.listImages()).images).toEqual([]);

    await sweep(stack);
    expect((await fetch(url!)).status).toBe(404);
    const first = (await client.getErasure(erasure)).erasure;
    expect(first).toMatchObject({ objects: 1, bytes: bytes.length, done_at: null });

    await makeFinalRemovalDue(stack, erasure.erasure_id);
    await sweep(stack);
    expect((await client.getErasure(erasure)).erasure).toMatchObject({
      objects: 2, // the incoming one too, now that its URL has expired
      bytes: 2 * bytes.length,
      purge: "not_configured",
      done_at: expect.any(String),
    });
  });

  test("is rejected while a portrait is being made from it", async ({
    stack,
    owner: { client },
  }) => {
    const image = await client.upload(fileOf(await png(64, "#020304")));
    const { image_id: portrait_image_id } = image;
    const pieces = [{ ...faction, type: "character" as const, portrait_image_id }];
    const { world } = await client.createWorld({ theme: "norse", pieces });

    await expect(client.deleteImage(image)).rejects.toMatchObject({ code: "image.in_use" });

    const { piece_id } = world.pieces[0]!;
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    await client.deleteImage(image);
    const [piece] = (await client.getWorld(world)).world.pieces;
    await sweep(stack);
    expect((await fetch(String(piece!.details.image_portrait))).status).toBe(200);
  });

  test("deletes its duplicates too", async ({ stack, owner: { client } }) => {
    const bytes = await png(64, "#030405");
    const image = await client.upload(fileOf(bytes));
    const ticket = await client.presignUpload(uploadRequest(bytes));
    await putTo(ticket, bytes);
    await client.completeUpload(ticket);

    await client.deleteImage(image);

    await expect(client.completeUpload(ticket)).rejects.toMatchObject({ code: "upload.not_found" });
    const again = await client.upload(fileOf(bytes));
    expect(again.image_id).not.toBe(image.image_id);
    await sweep(stack);
    expect(bytes.equals(await bytesAt(again.url))).toBe(true);
  });

  test("before its upload is completed cancels the upload for good", async ({ stack, owner }) => {
    const { client } = owner;
    const bytes = await png(64, "#040506");
    const ticket = await client.presignUpload(uploadRequest(bytes));
    await putTo(ticket, bytes);

    await client.deleteImage({ image_id: ticket.upload_id });

    await expect(client.completeUpload(ticket)).rejects.toMatchObject({ code: "upload.not_found" });
    expect((await putTo(ticket, bytes)).status).toBe(412);
    await sweep(stack);
    expect((await putTo(ticket, bytes)).status).toBe(412);
  });
});

describe("deleting a world", () => {
  test("removes every version of its portraits, and is rejected for other owners", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const pieces = [await character("Mira"), faction];
    const { world } = await client.createWorld({ theme: "norse", pieces });
    const { world_id } = world;
    const { piece_id } = world.pieces[0]!;
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    const image_portrait_base64 = (await png(80)).toString("base64");
    await client.replacePortrait({ world_id, piece_id, image_portrait_base64 });
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 2 }]);
    const urls = ["", "_v2"].map(
      (suffix) => `${stack.cdn}/portraits/${world_id}/${piece_id}_portrait${suffix}.png`,
    );
    for (const url of urls) expect((await fetch(url)).status).toBe(200);
    const other = stack.client("another owner");
    await expect(other.deleteWorld({ world_id })).rejects.toMatchObject({
      code: "world.not_found",
    });

    const { erasure } = await client.deleteWorld({ world_id });

    await expect(client.getWorld({ world_id })).rejects.toMatchObject({ code: "world.not_found" });
    await sweep(stack);
    for (const url of urls) expect((await fetch(url)).status).toBe(404);
    expect((await client.getErasure(erasure)).erasure.objects).toBe(2);
    await expect(other.getErasure(erasure)).rejects.toMatchObject({ code: "erasure.not_found" });
    await expect(client.deleteWorld({ world_id })).rejects.toMatchObject({
      code: "world.not_found",
    });
  });

  test("removes what a worker in flight wrote after the first removal", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const pieces = [await character("Mira")];
    const { world } = await client.createWorld({ theme: "norse", pieces });
    const { piece_id } = world.pieces[0]!;
    const message = { piece_id, version: 1 };
    const rows = await rowsOf(stack, piece_id);
    const { erasure } = await client.deleteWorld(world);
    await sweep(stack);
    // a worker that had read its row before the deletion publishes now
    await stack.sql`insert into worlds ${stack.sql(rows.world)}`;
    await stack.sql`insert into lore_pieces ${stack.sql(rows.piece)}`;
    await deliver(stack, "PortraitQueue", [message]);
    await stack.sql`delete from worlds where world_id = ${world.world_id}`;
    const url = `${stack.cdn}/portraits/${world.world_id}/${piece_id}_portrait.png`;
    expect((await fetch(url)).status).toBe(200);

    await makeFinalRemovalDue(stack, erasure.erasure_id);
    await sweep(stack);

    expect((await fetch(url)).status).toBe(404);
    const receipt = (await client.getErasure(erasure)).erasure;
    expect(receipt).toMatchObject({ objects: 1, done_at: expect.any(String) });
  });

  test("without portraits is done with the next sweep", async ({ stack, owner: { client } }) => {
    const { world } = await client.createWorld({ theme: "norse", pieces: [faction] });
    const { erasure } = await client.deleteWorld(world);
    await sweep(stack);
    expect((await client.getErasure(erasure)).erasure).toMatchObject({
      objects: 0,
      done_at: expect.any(String),
    });
  });
});

/** Makes the final removal due, as if 16 minutes and the lives of presigned URLs had passed. */
async function makeFinalRemovalDue({ sql }: TestStack, erasure_id: string) {
  await sql`
    update erasure_objects set erase_after = now(), final_after = now()
    where erasure_id = ${erasure_id}
  `;
}

/** The rows of a piece and its world, to insert again later. */
async function rowsOf({ sql }: TestStack, piece_id: string) {
  const [piece] = await sql`select * from lore_pieces where piece_id = ${piece_id}`;
  const [world] = await sql`select * from worlds where world_id = ${piece!.world_id}`;
  return { world: world!, piece: { ...piece!, details: sql.json(piece!.details) } };
}
