import { setTimeout as sleep } from "node:timers/promises";
import type { Image } from "@keepsake/contract/schemas";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { character, faction } from "../support/pieceDrafts.ts";
import { newOwner, type Owner, sweep, testWithoutConsumers as test } from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";

const notPublished = { code: "image.not_published" };

describe("a world's picture", () => {
  test("is set when it is created, and shown with its address, copies and placeholder", async ({
    owner,
  }) => {
    const { client } = owner;
    const { image, shown } = await upload(owner);
    const { world } = await client.createWorld({ ...draft, image_id: image.image_id });
    expect(world.image).toEqual(shown);
    expect(shown.variants).toHaveLength(1);
    expect((await client.getWorld(world)).world.image).toEqual(shown);
    expect((await client.listWorlds()).worlds[0]!.image).toEqual(shown);
    expect((await fetch(shown.variants[0]!.url)).status).toBe(200);
    await client.updateImage({ image_id: image.image_id, alt: "The sea" });
    expect((await client.getWorld(world)).world.image?.alt).toBe("The sea");
  });

  test("is set, replaced and removed later, and other fields stay as they are", async ({
    owner,
  }) => {
    const { client } = owner;
    const [first, second] = [await upload(owner), await upload(owner)];
    const { world } = await client.createWorld({ ...draft, title: "Ashfall", story: "Rain." });
    const { world_id } = world;
    expect(world.image).toBeNull();

    const change = async (changes: object) =>
      (await client.updateWorld({ world_id, ...changes })).world;
    const pictured = { ...world, image: first.shown };
    expect(await change({ image_id: first.image.image_id })).toEqual(pictured);
    expect(await change({})).toEqual(pictured);
    expect(await change({ image_id: second.image.image_id })).toEqual({
      ...world,
      image: second.shown,
    });
    expect(await change({ title: null, theme: "sea" })).toEqual({
      ...world,
      image: second.shown,
      title: null,
      theme: "sea",
    });
    expect(await change({ image_id: null, story: "Sun." })).toMatchObject({
      image: null,
      title: null,
      story: "Sun.",
    });
    expect((await client.getWorld({ world_id })).world.image).toBeNull();
  });

  test("is a published image of its owner's, and no other", async ({ stack, owner }) => {
    const { client, sub } = owner;
    const other = newOwner(stack);
    const { image: theirs } = await upload(other);
    const bytes = await png(64, "#0c0c01");
    const ticket = await client.presignUpload({
      content_type: "image/png",
      size: bytes.length,
      sha256: "0".repeat(64),
    });
    const { world } = await client.createWorld(draft);
    const unusable = [theirs.image_id, ticket.upload_id, world.world_id];
    for (const image_id of unusable) {
      await expect(client.createWorld({ ...draft, image_id })).rejects.toMatchObject(notPublished);
      const { world_id } = world;
      await expect(client.updateWorld({ world_id, image_id })).rejects.toMatchObject(notPublished);
    }
    const rows = await stack.sql`select image_id from worlds where owner_id = ${`user:${sub}`}`;
    expect([...rows]).toEqual([{ image_id: null }]);
  });

  test("is not private", async ({ owner: { client } }) => {
    const image = await client.upload(fileOf(await png(64)), { visibility: "private" });
    const { image_id } = image;
    const refused = { code: "image.private", message: /picture of a world is public/ };
    const { world } = await client.createWorld(draft);
    const match = { ...refused, message: expect.stringMatching(refused.message) };
    await expect(client.createWorld({ ...draft, image_id })).rejects.toMatchObject(match);
    const { world_id } = world;
    await expect(client.updateWorld({ world_id, image_id })).rejects.toMatchObject(match);
  });

  test("and everything else is changed by the world's owner only", async ({ stack, owner }) => {
    const { world } = await owner.client.createWorld(draft);
    const other = newOwner(stack);
    const { image } = await upload(other);
    const { world_id } = world;
    const changing = other.client.updateWorld({ world_id, image_id: image.image_id, theme: "x" });
    await expect(changing).rejects.toMatchObject({ code: "world.not_found" });
    expect((await owner.client.getWorld({ world_id })).world).toEqual(world);
  });

  test("may be the image of a linked Telegram account", async ({ stack, owner }) => {
    const { image, shown } = await upload(owner);
    const { image_id } = image;
    await stack.sql`
      update images set owner_id = 'telegram:902', platform = 'telegram' where image_id = ${image_id}
    `;
    await stack.sql`insert into telegram_accounts values (902, ${`user:${owner.sub}`})`;
    const { world } = await owner.client.createWorld({ ...draft, image_id });
    expect(world.image).toEqual(shown);
    const { erasure } = await owner.client.eraseOwner();
    expect(erasure.erasure_id).toBeTypeOf("string");
  });
});

describe("an image that is the picture of a world", () => {
  test("is not deleted, and the answer names the worlds", async ({ owner }) => {
    const { client } = owner;
    const { image } = await upload(owner);
    const { image_id } = image;
    const mira = { ...faction, type: "character" as const, portrait_image_id: image_id };
    const pieces = [mira];
    const { world } = await client.createWorld({ ...draft, title: "Ashfall", pieces, image_id });
    const { world: second } = await client.createWorld({ ...draft, image_id });
    const { world: third } = await client.createWorld({ ...draft, pieces });
    await expect(client.deleteImage({ image_id })).rejects.toMatchObject({
      code: "image.in_use",
      message: expect.stringMatching(/force=true.* deletes those portraits .*without a picture/),
      details: {
        worlds: [
          {
            world_id: world.world_id,
            title: "Ashfall",
            piece_ids: [world.pieces[0]!.piece_id],
            is_picture: true,
          },
          { world_id: second.world_id, title: null, piece_ids: [], is_picture: true },
          {
            world_id: third.world_id,
            piece_ids: [third.pieces[0]!.piece_id],
            is_picture: false,
          },
        ],
      },
    });
    expect((await client.getImage({ image_id })).image.status).toBe("published");
  });

  test("is deleted with force, and the worlds stay without a picture", async ({ stack, owner }) => {
    const { client } = owner;
    const { image } = await upload(owner);
    const { image_id } = image;
    const { world } = await client.createWorld({ ...draft, image_id });
    const { world_id } = world;
    await expect(client.deleteImage({ image_id })).rejects.toMatchObject({
      details: { worlds: [{ world_id, title: null, piece_ids: [], is_picture: true }] },
    });
    await client.deleteImage({ image_id, force: true });
    expect((await client.getWorld(world)).world).toEqual({ ...world, image: null });
    await sweep(stack);
    expect((await fetch(image.url!)).status).toBe(404);
  });

  test("is deleted once the world has another picture, and stays when the world is deleted", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const [first, second] = [await upload(owner), await upload(owner)];
    const { world } = await client.createWorld({ ...draft, image_id: first.image.image_id });
    const { world_id } = world;
    await client.updateWorld({ world_id, image_id: second.image.image_id });
    await client.deleteImage(first.image);
    await client.deleteWorld({ world_id });
    await sweep(stack);
    expect((await client.getImage(second.image)).image).toEqual(second.image);
    expect((await fetch(second.image.url!)).status).toBe(200);
    await client.deleteImage(second.image);
  });

  test("is erased with everything of its owner", async ({ stack, owner }) => {
    const { image } = await upload(owner);
    await owner.client.createWorld({ ...draft, image_id: image.image_id });
    await owner.client.eraseOwner();
    await sweep(stack);
    expect((await fetch(image.url!)).status).toBe(404);
    expect((await owner.client.listWorlds()).worlds).toEqual([]);
  });

  test("is deleted for its owner when only another owner's world shows it", async ({
    stack,
    owner,
  }) => {
    const other = newOwner(stack);
    const { image } = await upload(owner);
    const { image_id } = image;
    const link = (to: Owner) =>
      stack.sql`insert into telegram_accounts values (903, ${`user:${to.sub}`})
                on conflict (telegram_user_id) do update set owner_id = excluded.owner_id`;
    await stack.sql`
      update images set owner_id = 'telegram:903', platform = 'telegram' where image_id = ${image_id}
    `;
    await link(other);
    const { world } = await other.client.createWorld({ ...draft, image_id });
    await link(owner);
    await owner.client.deleteImage({ image_id });
    expect((await other.client.getWorld(world)).world.image).toBeNull();
  });

  test("that is deleted while worlds get it as their picture leaves no world with it, and no request hangs", async ({
    owner: { client },
    owner,
  }) => {
    const { world } = await client.createWorld({ ...draft, pieces: [await character()] });
    const { world_id } = world;
    const { piece_id } = world.pieces[0]!;
    for (let round = 0; round < 6; round += 1) {
      const { image_id } = (await upload(owner)).image;
      const allowed = ["image.in_use", "image.not_published", "image.not_found"];
      const requests = [
        () => client.updateWorld({ world_id, image_id }),
        () => client.createWorld({ ...draft, image_id }),
        () => client.replacePortrait({ world_id, piece_id, image_id }),
        () => client.deleteImage({ image_id, force: true }),
        () => client.updateWorld({ world_id, image_id }),
        () => client.deleteImage({ image_id, force: true }),
      ];
      const answers = await Promise.allSettled(
        requests.map(async (send, index) => {
          await sleep(((index * (round + 3)) % 5) * 2);
          await send();
        }),
      );
      const codes = answers.flatMap((answer) =>
        answer.status === "rejected" ? [answer.reason.code] : [],
      );
      expect(codes.filter((code) => !allowed.includes(code))).toEqual([]);
      await client.deleteImage({ image_id, force: true }).catch(() => {});
      const { worlds } = await client.listWorlds({ limit: 100 });
      expect(worlds.filter(({ image }) => image !== null)).toEqual([]);
    }
  });
});

const draft = { theme: "norse", pieces: [faction] };

let shade = 0;

/** An image of the owner's, and how a world shows it. */
async function upload({ client }: Owner) {
  shade += 1;
  const colour = `#0c${shade.toString(16).padStart(4, "0")}`;
  const image = await client.upload(fileOf(await png(340, colour)));
  return { image, shown: shownOf(image) };
}

const shownOf = ({ image_id, url, width, height, thumbhash, variants, alt }: Image) => ({
  ...{ image_id, url, width, height, thumbhash, variants, alt },
});
