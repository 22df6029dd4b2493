import type { Client } from "@keepsake/client";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { insertImages } from "../support/insertImages.ts";
import { character, faction, pendingPiece } from "../support/pieceDrafts.ts";
import {
  deliver,
  newOwner,
  sweep,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";
import { fileOf, putTo, uploadRequest } from "../support/uploadRequests.ts";

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

  test("is rejected while portraits are made of it, and names the worlds that show them", async ({
    stack,
    owner: { client },
  }) => {
    const image = await client.upload(fileOf(await png(64, "#020304")));
    const { world, piece_id } = await worldWithPortraitOf(client, image.image_id, "The Coast");
    const { world: other } = await worldWithPortraitOf(client, image.image_id);
    const inUse = {
      code: "image.in_use",
      details: {
        worlds: [
          { world_id: world.world_id, title: "The Coast", piece_ids: [piece_id] },
          { world_id: other.world_id, title: null, piece_ids: [other.pieces[0]!.piece_id] },
        ],
      },
    };

    await expect(client.deleteImage(image)).rejects.toMatchObject(inUse);
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    await expect(client.deleteImage({ ...image, force: false })).rejects.toMatchObject(inUse);

    await sweep(stack);
    const [piece] = (await client.getWorld(world)).world.pieces;
    expect((await fetch(String(piece!.details.image_portrait))).status).toBe(200);
    expect((await client.getImage(image)).image.status).toBe("published");
  });

  test("that is in a dataset is refused, and the answer names the caller's datasets", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const [image_id, other] = (await insertImages(stack, owner, [{}, {}])) as [string, string];
    const as = [
      { image_id },
      { image_id: other, control_image_id: image_id },
      { image_id, control_image_id: image_id },
    ];
    const datasets = [];
    for (const [index, item] of as.entries()) {
      const { dataset } = await client.createDataset({ name: `Harbours ${index}` });
      const { dataset_id, name } = dataset;
      await client.putDatasetItems({ dataset_id, items: [item] });
      datasets.push({ dataset_id, name });
    }
    const { dataset: piers } = await client.createDataset({ name: "Piers" });
    const items = [{ image_id: other }];
    await client.putDatasetItems({ dataset_id: piers.dataset_id, items });

    await expect(client.deleteImage({ image_id })).rejects.toMatchObject({
      code: "image.in_use",
      message: expect.stringMatching(/in your datasets.*force=true.*out of those datasets/),
      details: { worlds: [], datasets },
    });

    for (const dataset of datasets)
      expect((await client.listDatasetItems(dataset)).items).toHaveLength(1);
    expect((await client.getImage({ image_id })).image.status).toBe("published");
    for (const dataset of datasets) await client.deleteDataset(dataset);
    await client.deleteImage({ image_id });
  });

  test("with force takes it out of datasets, as an image and as a control image", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const ids = (await insertImages(stack, owner, [{}, {}, {}])) as [string, string, string];
    const [first, image_id, last] = ids;
    const { dataset_id } = (await client.createDataset({ name: "Harbours" })).dataset;
    const items = [
      { image_id: first, caption: "A", control_image_id: image_id },
      { image_id, caption: "B", control_image_id: first },
      { image_id: last, caption: "C", control_image_id: first },
    ];
    await client.putDatasetItems({ dataset_id, items });

    const { erasure } = await client.deleteImage({ image_id, force: true });

    expect((await client.deleteImage({ image_id })).erasure).toEqual(erasure);
    expect((await client.listDatasetItems({ dataset_id })).items).toMatchObject([
      { image: { image_id: first }, position: 1, caption: "A", control_image: null },
      { image: { image_id: last }, position: 2, caption: "C", control_image: { image_id: first } },
    ]);
    expect((await client.getDataset({ dataset_id })).dataset).toMatchObject({
      item_count: 2,
      bytes: 200_000,
    });
  });

  test("takes it out of another owner's dataset, which is not named, once its Telegram account is another's", async ({
    stack,
    owner,
  }) => {
    const { client, sub } = owner;
    const [image_id] = (await insertImages(stack, owner, [{ owner_id: "telegram:7302" }])) as [
      string,
    ];
    const before = newOwner(stack);
    await stack.sql`insert into telegram_accounts values (7302, ${`user:${before.sub}`})`;
    const { dataset_id } = (await before.client.createDataset({ name: "Harbours" })).dataset;
    await before.client.putDatasetItems({ dataset_id, items: [{ image_id }] });
    await stack.sql`update telegram_accounts set owner_id = ${`user:${sub}`} where telegram_user_id = 7302`;
    await client.deleteImage({ image_id });
    expect(await stack.sql`select 1 from dataset_items where image_id = ${image_id}`).toEqual([]);
    expect((await before.client.getDataset({ dataset_id })).dataset.item_count).toBe(0);
  });

  test("with force takes the portraits that are made of it, published and pending", async ({
    stack,
    owner: { client },
  }) => {
    const image = await client.upload(fileOf(await png(64, "#020305")));
    const shown = await worldWithPortraitOf(client, image.image_id);
    const pending = await worldWithPortraitOf(client, image.image_id);
    await deliver(stack, "PortraitQueue", [{ piece_id: shown.piece_id, version: 1 }]);
    const { details } = (await client.getWorld(shown.world)).world.pieces[0]!;

    const { erasure } = await client.deleteImage({ ...image, force: true });

    for (const { world } of [shown, pending])
      expect((await client.getWorld(world)).world.pieces[0]).toMatchObject({
        portrait_status: "none",
        portrait_error: null,
        details: faction.details,
      });
    await deliver(stack, "PortraitQueue", [{ piece_id: pending.piece_id, version: 1 }]);
    await sweep(stack);
    for (const url of [image.url, details.image_portrait])
      expect((await fetch(String(url))).status).toBe(404);
    expect((await client.getErasure(erasure)).erasure.objects).toBe(2);

    const image_portrait_base64 = (await png(80)).toString("base64");
    const { world_id } = shown.world;
    await client.replacePortrait({ world_id, piece_id: shown.piece_id, image_portrait_base64 });
    await deliver(stack, "PortraitQueue", [{ piece_id: shown.piece_id, version: 2 }]);
    const [piece] = (await client.getWorld(shown.world)).world.pieces;
    expect(piece).toMatchObject({ portrait_status: "published" });
    expect((await fetch(String(piece!.details.image_portrait))).status).toBe(200);
  });

  test("with force keeps what is shown when only the next portrait was to be made of it", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const image = await client.upload(fileOf(await png(64, "#020306")));
    const { world_id, piece_id } = await pendingPiece(owner);
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    const [before] = (await client.getWorld({ world_id })).world.pieces;
    await client.replacePortrait({ world_id, piece_id, image_id: image.image_id });

    await client.deleteImage({ ...image, force: true });

    await deliver(stack, "PortraitQueue", [{ piece_id, version: 2 }]);
    await sweep(stack);
    expect((await client.getWorld({ world_id })).world.pieces).toEqual([before]);
    expect((await fetch(String(before!.details.image_portrait))).status).toBe(200);
  });

  test("with force keeps the next portrait when only the shown one is made of it", async ({
    stack,
    owner: { client },
  }) => {
    const image = await client.upload(fileOf(await png(64, "#020307")));
    const { world, piece_id } = await worldWithPortraitOf(client, image.image_id);
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    const { details } = (await client.getWorld(world)).world.pieces[0]!;
    const { world_id } = world;
    const image_portrait_base64 = (await png(80)).toString("base64");
    await client.replacePortrait({ world_id, piece_id, image_portrait_base64 });

    await expect(client.deleteImage(image)).rejects.toMatchObject({ code: "image.in_use" });
    await client.deleteImage({ ...image, force: true });

    const [pending] = (await client.getWorld(world)).world.pieces;
    expect(pending).toMatchObject({ portrait_status: "pending", details: faction.details });
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 2 }]);
    await sweep(stack);
    expect((await fetch(String(details.image_portrait))).status).toBe(404);
    const [piece] = (await client.getWorld(world)).world.pieces;
    expect((await fetch(String(piece!.details.image_portrait))).status).toBe(200);
  });

  test("is possible again once its portraits are replaced", async ({
    stack,
    owner: { client },
  }) => {
    const image = await client.upload(fileOf(await png(64, "#020308")));
    const { world, piece_id } = await worldWithPortraitOf(client, image.image_id);
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    const { world_id } = world;
    const image_portrait_base64 = (await png(80)).toString("base64");
    await client.replacePortrait({ world_id, piece_id, image_portrait_base64 });
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 2 }]);

    await client.deleteImage(image);

    const [piece] = (await client.getWorld(world)).world.pieces;
    expect((await fetch(String(piece!.details.image_portrait))).status).toBe(200);
  });

  test("with force takes no portrait of another owner", async ({ stack, owner }) => {
    const { client, sub } = owner;
    const other = newOwner(stack);
    const image = await client.upload(fileOf(await png(64, "#020309")));
    const link = (to: string) =>
      stack.sql`insert into telegram_accounts values (901, ${`user:${to}`})
                on conflict (telegram_user_id) do update set owner_id = excluded.owner_id`;
    await stack.sql`
      update images set owner_id = 'telegram:901', platform = 'telegram' where image_id = ${image.image_id}
    `;
    await link(other.sub);
    const theirs = await worldWithPortraitOf(other.client, image.image_id);
    await link(sub);

    const deleting = client.deleteImage({ ...image, force: true });
    await expect(deleting).rejects.toMatchObject({ code: "image.in_use", details: undefined });
    await deliver(stack, "PortraitQueue", [{ piece_id: theirs.piece_id, version: 1 }]);
    await client.deleteImage(image);

    await sweep(stack);
    const [piece] = (await other.client.getWorld(theirs.world)).world.pieces;
    expect(piece).toMatchObject({ portrait_status: "published" });
    expect((await fetch(String(piece!.details.image_portrait))).status).toBe(200);
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
    await expect(other.deleteWorld({ world_id })).rejects.toMatchObject({
      code: "world.not_found",
    });
    await expect(other.getErasure(erasure)).rejects.toMatchObject({ code: "erasure.not_found" });
    expect((await client.deleteWorld({ world_id })).erasure.erasure_id).toBe(erasure.erasure_id);
    await stack.sql`update erasures set created_at = created_at - interval '1 hour'`;
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

/** Creates a world of one character, whose portrait is to be made of an uploaded image. */
async function worldWithPortraitOf(client: Client, portrait_image_id: string, title?: string) {
  const pieces = [{ ...faction, type: "character" as const, portrait_image_id }];
  const { world } = await client.createWorld({ theme: "norse", ...(title && { title }), pieces });
  return { world, piece_id: world.pieces[0]!.piece_id };
}

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
