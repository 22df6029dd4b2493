import { randomUUID } from "node:crypto";
import sharp from "sharp";
import { describe, expect } from "vitest";
import { noisePng, png } from "../support/images.ts";
import { faction, pendingPiece } from "../support/pieceDrafts.ts";
import { deliver, sweep, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";
import { bytesAt, fileOf, uploadRequest } from "../support/uploadRequests.ts";

describe("a replaced portrait", () => {
  test("stays public for 24 hours after its successor is published, and is then erased", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const { world_id, piece_id } = await pendingPiece(owner);
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    const replace = async (version: number, delivered = true) => {
      const image_portrait_base64 = (await png(80 + version)).toString("base64");
      await client.replacePortrait({ world_id, piece_id, image_portrait_base64 });
      if (delivered) await deliver(stack, "PortraitQueue", [{ piece_id, version }]);
    };
    const urls = ["", "_v2", "_v3", "_v4"].map(
      (suffix) => `${stack.cdn}/portraits/${world_id}/${piece_id}_portrait${suffix}.png`,
    );
    const statuses = () => Promise.all(urls.map(async (url) => (await fetch(url)).status));
    await replace(2, false);
    await makeReplacedDue(stack);
    expect(await statuses(), "its successor is not published").toEqual([200, 404, 404, 404]);

    await replace(3);
    await sweep(stack);
    expect(await statuses()).toEqual([200, 404, 200, 404]);
    await replace(4);
    const endings = ["", "_v2", "_v3"].flatMap((version) =>
      [".png", "_w320.webp", "_w960.webp"].map((ending) => `_portrait${version}${ending}`),
    );
    expect(await hoursUntilErased(stack)).toEqual(endings.sort().map((ending) => [ending, 24]));

    await makeReplacedDue(stack);
    expect(await statuses()).toEqual([404, 404, 404, 200]);
    const [piece] = (await client.getWorld({ world_id })).world.pieces;
    expect(piece!.details.image_portrait).toBe(urls[3]);
    const erasures = await stack.sql`select owner_id, done_at from erasures`;
    expect(erasures).toEqual(
      [3, 4].map(() => ({ owner_id: `user:${owner.sub}`, done_at: expect.any(Date) })),
    );
  });

  test("is erased together with versions that were replaced before they were published", async ({
    stack,
    owner,
  }) => {
    const ids = await pendingPiece(owner);
    for (const side of [48, 56]) {
      const image_portrait_base64 = (await png(side)).toString("base64");
      await owner.client.replacePortrait({ ...ids, image_portrait_base64 });
    }
    await deliver(stack, "PortraitQueue", [{ piece_id: ids.piece_id, version: 3 }]);
    const listed = await stack.sql`
      select key from erasure_objects where key like ${`%${ids.piece_id}%`} order by key
    `;
    const folder = `portraits/${ids.world_id}/${ids.piece_id}`;
    const keys = ["_portrait", "_portrait_v2"].flatMap((version) =>
      [".png", "_w320.webp", "_w960.webp"].map((ending) => `${folder}${version}${ending}`),
    );
    expect(listed.map(({ key }) => key).sort()).toEqual(keys.sort());
  });

  test("is erased with its world at once, whatever was replaced before", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const { world_id, piece_id } = await pendingPiece(owner);
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    const image_portrait_base64 = (await png(81)).toString("base64");
    await client.replacePortrait({ world_id, piece_id, image_portrait_base64 });
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 2 }]);

    const { erasure } = await client.deleteWorld({ world_id });
    await sweep(stack);

    expect((await client.getErasure(erasure)).erasure.objects).toBe(2);
  });

  test("is version 2 under its own key; the old one is shown until it is published", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const { world_id, piece_id } = await pendingPiece(owner);
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    const old = (await client.getWorld({ world_id })).world.pieces[0]!;
    const bytes = await png(96, "#abcdef");

    const answer = await client.replacePortrait({
      world_id,
      piece_id,
      image_portrait_base64: bytes.toString("base64"),
    });

    expect(answer.piece).toEqual({ ...old, portrait_status: "pending" });
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 2 }]);
    const now = (await client.getWorld({ world_id })).world.pieces[0]!;
    const url = `${stack.cdn}/portraits/${world_id}/${piece_id}_portrait_v2.png`;
    expect(now).toMatchObject({ portrait_status: "published", details: { image_portrait: url } });
    expect(bytes.equals(await bytesAt(url))).toBe(true);
  });

  test("is never overwritten by an older message in flight", async ({ stack, owner }) => {
    const { client } = owner;
    const { world_id, piece_id } = await pendingPiece(owner);
    const replacement = (await png(96, "#fedcba")).toString("base64");
    await client.replacePortrait({ world_id, piece_id, image_portrait_base64: replacement });
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 2 }]);
    const published = await client.getWorld({ world_id });

    expect(await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }])).toEqual([]);

    expect(await client.getWorld({ world_id })).toEqual(published);
  });

  test("may replace a rejected portrait", async ({ stack, owner }) => {
    const { client } = owner;
    const cutOff = (await png(128)).subarray(0, 200);
    const { world_id, piece_id } = await pendingPiece(owner, cutOff);
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    const rejected = (await client.getWorld({ world_id })).world.pieces[0]!;
    expect(rejected.portrait_status).toBe("rejected");

    const image_portrait_base64 = (await png()).toString("base64");
    await client.replacePortrait({ world_id, piece_id, image_portrait_base64 });
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 2 }]);

    expect((await client.getWorld({ world_id })).world.pieces[0]).toMatchObject({
      portrait_status: "published",
      portrait_error: null,
    });
  });

  test("can be added to a character that had none", async ({ stack, owner: { client } }) => {
    const plain = { ...faction, type: "character" as const };
    const { world } = await client.createWorld({ theme: "norse", pieces: [plain] });
    const { world_id } = world;
    const { piece_id } = world.pieces[0]!;
    const image_portrait_base64 = (await png()).toString("base64");
    await client.replacePortrait({ world_id, piece_id, image_portrait_base64 });
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    const [now] = (await client.getWorld({ world_id })).world.pieces;
    expect(now!.details.image_portrait).toMatch(/_portrait\.png$/);
  });

  test("is rejected for other owners, other pieces, factions and invalid portraits", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const image_portrait_base64 = (await png()).toString("base64");
    const { world_id, piece_id } = await pendingPiece(owner);
    const { world } = await client.createWorld({ theme: "norse", pieces: [faction] });
    const image_id = randomUUID();
    const requests: [() => Promise<unknown>, string][] = [
      [
        () =>
          stack
            .client("another owner")
            .replacePortrait({ world_id, piece_id, image_portrait_base64 }),
        "piece.not_found",
      ],
      [
        () => client.replacePortrait({ world_id, piece_id: randomUUID(), image_portrait_base64 }),
        "piece.not_found",
      ],
      [
        () => client.replacePortrait({ world_id: world.world_id, piece_id, image_portrait_base64 }),
        "piece.not_found",
      ],
      [
        () =>
          client.replacePortrait({
            world_id: world.world_id,
            piece_id: world.pieces[0]!.piece_id,
            image_portrait_base64,
          }),
        "piece.not_a_character",
      ],
      [
        () => client.replacePortrait({ world_id, piece_id, image_portrait_base64: "no base64!" }),
        "image.not_base64",
      ],
      [() => client.replacePortrait({ world_id, piece_id, image_id }), "image.not_published"],
      [
        () => client.replacePortrait({ world_id, piece_id, image_id, image_portrait_base64 }),
        "input.invalid",
      ],
      [() => client.replacePortrait({ world_id, piece_id }), "input.invalid"],
    ];
    for (const [send, code] of requests) await expect(send()).rejects.toMatchObject({ code });
  });
});

describe("a portrait made from an uploaded image", () => {
  test("is fitted into 1024 px, as a PNG under the portrait's own key", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const wide = { width: 2_000, height: 1_000, channels: 3 as const, background: "#264653" };
    const photo = await sharp({ create: wide }).jpeg().toBuffer();
    const image = await client.upload(fileOf(photo, "wide.jpg", "image/jpeg"));
    const draft = { ...faction, type: "character" as const, portrait_image_id: image.image_id };

    const { world } = await client.createWorld({ theme: "norse", pieces: [draft] });
    const { piece_id } = world.pieces[0]!;
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);

    const [now] = (await client.getWorld(world)).world.pieces;
    const url = `${stack.cdn}/portraits/${world.world_id}/${piece_id}_portrait.png`;
    const copies = url.replace(".png", "");
    expect(now!.details).toEqual({
      ...faction.details,
      image_portrait: url,
      image_portrait_variants: [
        { width: 320, height: 160, url: `${copies}_w320.webp` },
        { width: 960, height: 480, url: `${copies}_w960.webp` },
        { width: 1_024, height: 512, url },
      ],
    });
    const { format, width, height } = await sharp(await bytesAt(url)).metadata();
    expect({ format, width, height }).toEqual({ format: "png", width: 1_024, height: 512 });
  });

  test("is at most 3 MB, however noisy the image", async ({ stack, owner }) => {
    const { client } = owner;
    const { world_id, piece_id } = await pendingPiece(owner);
    const noise = await client.upload(fileOf(await noisePng(1_500)));

    await client.replacePortrait({ world_id, piece_id, image_id: noise.image_id });
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 2 }]);

    const [now] = (await client.getWorld({ world_id })).world.pieces;
    const portrait = await bytesAt(now!.details.image_portrait);
    expect(portrait.length).toBeLessThanOrEqual(3_000_000);
    expect((await sharp(portrait).metadata()).width).toBeGreaterThan(700);
  });

  test("needs a published image that belongs to the caller", async ({ stack, owner }) => {
    const { client } = owner;
    const pending = await client.presignUpload(uploadRequest(await png()));
    const theirs = await stack.client("another owner").upload(fileOf(await png(64, "#999999")));
    const create = (portrait_image_id: string, type = "character" as const) =>
      client.createWorld({ theme: "norse", pieces: [{ ...faction, type, portrait_image_id }] });

    for (const image_id of [pending.upload_id, theirs.image_id, randomUUID()])
      await expect(create(image_id)).rejects.toMatchObject({
        code: "image.not_published",
        details: { piece: 0, name: faction.name },
      });
    await expect(create(theirs.image_id, "relic" as never)).rejects.toMatchObject({
      code: "input.invalid",
    });
    expect((await client.listWorlds()).worlds).toEqual([]);
  });
});

/** Sweeps as if 24 hours had passed. */
async function makeReplacedDue(stack: TestStack) {
  await stack.sql`
    update erasure_objects
    set erase_after = erase_after - interval '24 hours', final_after = final_after - interval '24 hours'
  `;
  await sweep(stack);
}

/** The listed objects by the end of their key, with the hours until they are removed for good. */
async function hoursUntilErased({ sql }: TestStack) {
  const rows = await sql<{ key: string; first: number; last: number }[]>`
    select key, round(extract(epoch from erase_after - now()) / 3600)::integer as first,
           round(extract(epoch from final_after - now()) / 3600)::integer as last
    from erasure_objects where erased_at is null order by key
  `;
  return rows
    .map(({ key, first, last }) => [key.slice(key.indexOf("_portrait")), first === last && first])
    .sort();
}
