import { randomUUID } from "node:crypto";
import { describe, expect, vi } from "vitest";
import { png } from "../support/images.ts";
import { insertImages } from "../support/insertImages.ts";
import { character, faction } from "../support/pieceDrafts.ts";
import {
  deliver,
  newOwner,
  request,
  sweep,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";
import { fileOf, putTo, uploadRequest } from "../support/uploadRequests.ts";

describe("DELETE /me", () => {
  test("removes everything of the owner, linked Telegram images included, and nothing of other owners", async ({
    stack,
    owner: { client, sub },
  }) => {
    const pieces = [await character("Mira"), faction];
    const { world } = await client.createWorld({ theme: "norse", pieces });
    const { piece_id } = world.pieces[0]!;
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    const [portrait] = (await client.getWorld(world)).world.pieces;
    const upload = await client.upload(fileOf(await png(64, "#c0ffee")));
    const ticket = await client.presignUpload(uploadRequest(await png(64, "#c1ffee")));
    await putTo(ticket, await png(64, "#c1ffee"));
    const rehosted = await insertRehost(stack, 900, upload.url!);
    await stack.sql`insert into telegram_accounts values (900, ${`user:${sub}`})`;
    const other = stack.client("another owner");
    const theirs = await other.upload(fileOf(await png(64, "#c2ffee")));
    expect((await client.listImages()).images).toHaveLength(2);
    const { dataset_id } = (await client.createDataset({ name: "Mine" })).dataset;
    await client.putDatasetItems({
      dataset_id,
      items: [{ image_id: upload.image_id, control_image_id: upload.image_id }],
    });
    const kept = (await other.createDataset({ name: "Theirs" })).dataset;
    const items = [{ image_id: theirs.image_id }];
    await other.putDatasetItems({ dataset_id: kept.dataset_id, items });

    await client.linkTelegram();

    const { erasure } = await client.eraseOwner();

    const links = await stack.sql`select 1 from telegram_links where owner_id = ${`user:${sub}`}`;
    expect(links).toEqual([]);
    expect((await client.listWorlds()).worlds).toEqual([]);
    expect((await client.listDatasets()).datasets).toEqual([]);
    const left = await other.listDatasetItems(kept);
    expect(left.items).toMatchObject([
      { image: { image_id: theirs.image_id, url: theirs.url, status: "published" } },
    ]);
    expect((await client.listImages()).images).toEqual([]);
    await expect(client.completeUpload(ticket)).rejects.toMatchObject({ code: "upload.not_found" });
    await sweep(stack);
    for (const url of [portrait!.details.image_portrait, upload.url])
      expect((await fetch(String(url))).status).toBe(404);
    const receipt = (await client.getErasure(erasure)).erasure;
    expect(receipt).toMatchObject({ objects: 2, done_at: null });

    await stack.sql`update erasure_objects set erase_after = now(), final_after = now()`;
    await sweep(stack);
    expect((await client.getErasure(erasure)).erasure.done_at).not.toBeNull();
    for (const table of ["worlds", "images", "datasets", "requests", "telegram_accounts"]) {
      const rows = await stack.sql`select * from ${stack.sql(table)}`;
      expect(JSON.stringify(rows)).not.toContain(sub);
      expect(JSON.stringify(rows)).not.toContain(rehosted);
    }
    expect((await other.getImage(theirs)).image).toEqual(theirs);
    expect((await fetch(theirs.url!)).status).toBe(200);
  });

  test("takes the images out of datasets of the owner that a Telegram account was linked to before", async ({
    stack,
    owner: { client, sub },
  }) => {
    const before = newOwner(stack);
    const images = [{ owner_id: "telegram:7303" }, { owner_id: "telegram:7303" }, {}];
    const [theirs, control, own] = (await insertImages(stack, before, images)) as [
      string,
      string,
      string,
    ];
    await stack.sql`insert into telegram_accounts values (7303, ${`user:${before.sub}`})`;
    const { dataset_id } = (await before.client.createDataset({ name: "Harbours" })).dataset;
    const items = [{ image_id: theirs }, { image_id: own, control_image_id: control }];
    await before.client.putDatasetItems({ dataset_id, items });
    await stack.sql`
      update telegram_accounts set owner_id = ${`user:${sub}`} where telegram_user_id = 7303
    `;
    await client.eraseOwner();
    const left = await stack.sql`
      select image_id, control_image_id from dataset_items where dataset_id = ${dataset_id}
    `;
    expect([...left]).toEqual([{ image_id: own, control_image_id: null }]);
  });

  test("meets changes of the same datasets and deletions of the same images without an error", async ({
    stack,
  }) => {
    const allowed = ["dataset.not_found", "image.not_published", "image.not_found", "image.in_use"];
    for (let round = 0; round < 5; round += 1) {
      const owner = newOwner(stack);
      const { client } = owner;
      const ids = await insertImages(stack, owner, Array(30).fill({}));
      const sets = await Promise.all(
        ["a", "b", "c"].map(async (name) => (await client.createDataset({ name })).dataset),
      );
      const put = (from: string[]) =>
        sets.map(({ dataset_id }) =>
          client.putDatasetItems({
            dataset_id,
            items: from.map((image_id, index) => ({ image_id, control_image_id: ids[index]! })),
            after: null,
          }),
        );
      await Promise.all(put(ids.toReversed()));
      const results = await Promise.allSettled([
        ...put(ids),
        ...ids.slice(0, 12).map((image_id) => client.deleteImage({ image_id, force: true })),
        ...put(ids.toReversed()),
        client.deleteDataset(sets[1]!),
        client.eraseOwner(),
      ]);
      const codes = results.flatMap((result) =>
        result.status === "rejected" ? String(result.reason.code) : [],
      );
      expect(codes.filter((code) => !allowed.includes(code))).toEqual([]);
      expect((await client.eraseOwner()).erasure.erasure_id).toBeTypeOf("string");
      expect((await client.listDatasets()).datasets).toEqual([]);
    }
  });

  test("waits for a repeated request that has its key, before it takes the image", async ({
    stack,
    owner: { client, sub },
  }) => {
    const owner_id = `user:${sub}`;
    const image_base64 = (await png(48, "#c3ffee")).toString("base64");
    await client.createImage({ image_base64 }, { idempotencyKey: randomUUID() });
    const { erasing } = await stack.sql.begin(async (tx) => {
      await tx`select 1 from requests where owner_id = ${owner_id} for update`;
      const erasing = client.eraseOwner();
      await vi.waitFor(async () => expect(await waitingStatements(stack)).toBe(1), 5_000);
      await tx`set local lock_timeout = '1s'`;
      await tx`update images set attempts = attempts + 1 where owner_id = ${owner_id}`;
      return { erasing };
    });
    await erasing;
    const left = await stack.sql`select 1 from requests where owner_id = ${owner_id}`;
    expect(left).toEqual([]);
    expect((await client.listImages()).images).toEqual([]);
  });

  test("deletes the key of a request that was in flight when it began", async ({
    stack,
    owner: { client, sub },
  }) => {
    const owner_id = `user:${sub}`;
    const { world } = await client.createWorld({ theme: "norse", pieces: [faction] });
    const { erasing } = await stack.sql.begin(async (tx) => {
      await tx`select 1 from worlds where world_id = ${world.world_id} for update`;
      await tx`
        insert into requests (owner_id, idempotency_key, route, request_sha256, world_id, piece_ids)
        values (${owner_id}, 'in flight', 'addPieces', '', ${world.world_id}, '[]')
      `;
      const erasing = client.eraseOwner();
      await vi.waitFor(async () => expect(await waitingStatements(stack)).toBe(1), 5_000);
      return { erasing };
    });
    await erasing;
    expect(await stack.sql`select 1 from requests where owner_id = ${owner_id}`).toEqual([]);
  });

  test("is answered 503 when Postgres ends it because of another transaction", async ({
    stack,
    owner: { client, sub },
  }) => {
    await client.upload(fileOf(await png(48, "#c4ffee")));
    for (const state of ["40P01", "40001"]) {
      await stack.sql.unsafe(`
        create function end_transaction() returns trigger language plpgsql as
          $$ begin raise exception 'ended' using errcode = '${state}'; end $$;
        create trigger ended before delete on images for each row execute function end_transaction();
      `);
      const answer = await request(stack, "DELETE", "/me", { sub });
      await stack.sql`drop function end_transaction cascade`;
      expect([answer.status, answer.body.error.code, answer.headers.get("retry-after")]).toEqual([
        503,
        "service.unavailable",
        "1",
      ]);
    }
    await client.eraseOwner();
  });

  test("for an owner without data is done with the next sweep, and may be repeated", async ({
    stack,
    owner: { client },
  }) => {
    const { erasure } = await client.eraseOwner();
    expect((await client.eraseOwner()).erasure).toEqual(erasure);
    await sweep(stack);
    expect((await client.getErasure(erasure)).erasure).toMatchObject({
      objects: 0,
      done_at: expect.any(String),
    });
  });

  test("can list more objects than one SQL statement can hold", async ({
    stack,
    owner: { client, sub },
  }) => {
    const { world } = await client.createWorld({ theme: "norse", pieces: [faction] });
    await stack.sql`
      insert into lore_pieces (piece_id, world_id, type, name, description, details,
                               portrait_status, portrait_version)
      select gen_random_uuid(), ${world.world_id}, 'character', 'x', '', '{}', 'none', 30
      from generate_series(1, 500)
    `;
    const { erasure } = await client.eraseOwner();
    const [listed] = await stack.sql`
      select count(*)::integer as count from erasure_objects where erasure_id = ${erasure.erasure_id}
    `;
    expect(listed?.count).toBe(45_000); // each with two smaller copies
    await stack.sql`delete from erasures where owner_id = ${`user:${sub}`}`;
  });
});

/** Inserts a published image that a Telegram user sent, and resolves to its id. */
async function insertRehost({ sql }: TestStack, user: number, url: string) {
  const [row] = await sql`
    insert into images (image_id, owner_id, platform, platform_ref, source, status, key, url, sha256)
    values (gen_random_uuid(), ${`telegram:${user}`}, 'telegram', 'ref', '{}', 'published',
            'images/none.png', ${url}, 'x')
    returning image_id
  `;
  return String(row?.image_id);
}

/** How many statements of the system wait for a lock. */
async function waitingStatements({ sql }: TestStack) {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::integer from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'
  `;
  return row.count;
}
