import { randomUUID } from "node:crypto";
import { countWaiting } from "@keepsake/core/portraits/replacedPortraits.sql";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { character, faction } from "../support/pieceDrafts.ts";
import { rowsReadBy } from "../support/rowsReadBy.ts";
import {
  deliver,
  type Owner,
  sweep,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";
import { bytesAt, fileOf } from "../support/uploadRequests.ts";

const notFound = { code: "portrait.not_found" };

describe("a replaced portrait", () => {
  test("is listed with the current one, newest first, until it is erased", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const { ids, urls } = await withVersions(stack, owner, 3);
    const { portraits } = await client.listPortraits(ids);
    expect(portraits.map(({ version, url }) => [version, url])).toEqual([
      [3, urls[2]],
      [2, urls[1]],
      [1, urls[0]],
    ]);
    expect(portraits.map(({ is_current }) => is_current)).toEqual([true, false, false]);
    expect(portraits[0]!.erased_after).toBeNull();
    for (const { erased_after, variants, url } of portraits.slice(1)) {
      const hours = (Date.parse(erased_after!) - Date.now()) / 3_600_000;
      expect(hours).toBeGreaterThan(23.9);
      expect(hours).toBeLessThanOrEqual(24);
      expect(variants.at(-1)!.url).toBe(url);
    }
    await passADay(stack);
    expect((await client.listPortraits(ids)).portraits).toEqual(portraits.slice(0, 1));
  });

  test("is listed among the newest hundred", async ({ stack, owner }) => {
    const { client } = owner;
    const { ids } = await withVersions(stack, owner, 2);
    await stack.sql`
      with copies as (
        insert into replaced_portraits (piece_id, version, url, variants, erasure_id)
        select piece_id, version + n, replace(url, '.png', n || '.png'), variants, erasure_id
        from replaced_portraits, generate_series(1000, 1119) n where piece_id = ${ids.piece_id}
        returning erasure_id, url
      )
      insert into erasure_objects (erasure_id, owner_id, bucket, key, erase_after, final_after)
      select erasure_id, o.owner_id, o.bucket, substring(copies.url from 'portraits/.*$'),
             o.erase_after, o.final_after
      from copies join erasure_objects o using (erasure_id)
      on conflict do nothing
    `;
    const { portraits } = await client.listPortraits(ids);
    expect(portraits.map(({ version }) => version)).toEqual([
      ...Array.from({ length: 100 }, (_, index) => 1120 - index),
      2,
    ]);
  });

  test("is found among the objects of its owner from an index", async ({ stack, owner }) => {
    const { sql } = stack;
    const owner_id = `user:${owner.sub}`;
    const erasure_id = randomUUID();
    await sql`insert into erasures (erasure_id, owner_id) values (${erasure_id}, ${owner_id})`;
    await sql`
      insert into erasure_objects (erasure_id, owner_id, bucket, key, erase_after, final_after)
      select ${erasure_id}::uuid, ${owner_id}, 'images', 'portraits/' || n, now() + interval '1 day',
             now() + interval '1 day'
      from generate_series(1, 20000) n
    `;
    await sql`vacuum analyze erasure_objects`;
    const found = countWaiting(sql, owner_id, ["portraits/1", "portraits/2", "portraits/none"]);
    expect(await rowsReadBy(sql, "erasure_objects", found)).toEqual({ erasure_objects_by_key: 2 });
    await sql`delete from erasure_objects where erasure_id = ${erasure_id}`;
  });

  test("is brought back with its bytes, copies and size, and stays when the day is over", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const { ids, urls, bytes, stored } = await withVersions(stack, owner, 2);
    const { piece } = await client.restorePortrait({ ...ids, version: 1 });
    expect(piece).toMatchObject({ portrait_status: "published", portrait_error: null });
    expect(piece.details.image_portrait).toBe(urls[0]);
    expect((await client.getWorld(ids)).world.pieces).toEqual([piece]);
    expect((await client.getOwner()).usage.stored_bytes).toBe(stored[0]);

    const { portraits } = await client.listPortraits(ids);
    expect(portraits.map(({ version, is_current }) => [version, is_current])).toEqual([
      [2, false],
      [1, true],
    ]);
    await passADay(stack);
    expect(bytes[0]!.equals(await bytesAt(urls[0]))).toBe(true);
    expect((await fetch(urls[1]!)).status).toBe(404);
  });

  test("goes back and forth, and the next one gets a new address", async ({ stack, owner }) => {
    const { client } = owner;
    const { ids, urls, stored } = await withVersions(stack, owner, 2);
    for (const version of [1, 2, 1, 2, 1]) {
      const { piece } = await client.restorePortrait({ ...ids, version });
      expect(piece.details.image_portrait).toBe(urls[version - 1]);
      expect((await client.getOwner()).usage.stored_bytes).toBe(stored[version - 1]);
    }
    const next = await replace(stack, owner, ids, 3);
    expect(urls).not.toContain(next);
    const { portraits } = await client.listPortraits(ids);
    expect(portraits.map(({ version }) => version)).toEqual([3, 2, 1]);
    await client.restorePortrait({ ...ids, version: 2 });
    await passADay(stack);
    const statuses = await Promise.all(
      [...urls, next].map(async (url) => (await fetch(url)).status),
    );
    expect(statuses).toEqual([404, 200, 404]);
    expect(await open(stack)).toEqual([]);
  });

  test("that is shown already stays, however often it is asked for", async ({ stack, owner }) => {
    const { client } = owner;
    const { ids } = await withVersions(stack, owner, 2);
    const first = await client.restorePortrait({ ...ids, version: 1 });
    const before = await stack.sql`select * from erasure_objects order by key`;
    expect(await client.restorePortrait({ ...ids, version: 1 })).toEqual(first);
    expect(await stack.sql`select * from erasure_objects order by key`).toEqual(before);
    expect((await client.listPortraits(ids)).portraits).toHaveLength(2);
  });

  test("gives up the new one that is pending, with its base64", async ({ stack, owner }) => {
    const { client } = owner;
    const { ids, urls } = await withVersions(stack, owner, 2);
    const image_portrait_base64 = (await png(99)).toString("base64");
    for (const version of [2, 1]) {
      await client.replacePortrait({ ...ids, image_portrait_base64 });
      const { piece } = await client.restorePortrait({ ...ids, version });
      expect(piece.portrait_status).toBe("published");
      expect(piece.details.image_portrait).toBe(urls[version - 1]);
    }
    const [row] = await stack.sql`
      select details ? 'image_portrait_base64' as has_base64 from lore_pieces
      where piece_id = ${ids.piece_id}
    `;
    expect(row).toEqual({ has_base64: false });
    // the messages of the given up versions come late
    const messages = [3, 4, 5, 6].map((version) => ({ piece_id: ids.piece_id, version }));
    expect(await deliver(stack, "PortraitQueue", messages)).toEqual([]);
    const [now] = (await client.getWorld(ids)).world.pieces;
    expect(now!.details.image_portrait).toBe(urls[0]);
    await passADay(stack);
    expect((await fetch(urls[0]!)).status).toBe(200);
  });

  test("that is brought back is no event, as nothing was published", async ({ stack, owner }) => {
    const { ids } = await withVersions(stack, owner, 2);
    await stack.sql`update event_settings set is_on = true`;
    const image_portrait_base64 = (await png(98)).toString("base64");
    await owner.client.replacePortrait({ ...ids, image_portrait_base64 });
    await owner.client.restorePortrait({ ...ids, version: 2 });
    await owner.client.restorePortrait({ ...ids, version: 1 });
    const events = await stack.sql`select type from events where subject_id = ${ids.piece_id}`;
    await stack.sql`update event_settings set is_on = false`;
    expect([...events]).toEqual([]);
  });

  test("is brought back in the place of one that was rejected", async ({ stack, owner }) => {
    const { client } = owner;
    const { ids, urls } = await withVersions(stack, owner, 2);
    const cutOff = (await png(128)).subarray(0, 200).toString("base64");
    await client.replacePortrait({ ...ids, image_portrait_base64: cutOff });
    await deliver(stack, "PortraitQueue", [{ piece_id: ids.piece_id, version: 3 }]);
    const { piece } = await client.restorePortrait({ ...ids, version: 1 });
    expect(piece).toMatchObject({ portrait_status: "published", portrait_error: null });
    expect(piece.details.image_portrait).toBe(urls[0]);
  });

  test("is not brought back once a sweep has claimed or removed it", async ({ stack, owner }) => {
    const { client } = owner;
    const { ids, urls } = await withVersions(stack, owner, 3);
    // as a sweep does that has claimed one object and is about to remove it
    await stack.sql`
      update erasure_objects set erase_after = now() + interval '2 minutes'
      where key like ${`%${ids.piece_id}_portrait_w320%`}
    `;
    await expect(client.restorePortrait({ ...ids, version: 1 })).rejects.toMatchObject(notFound);
    await passADay(stack);
    await expect(client.restorePortrait({ ...ids, version: 2 })).rejects.toMatchObject(notFound);
    await expect(client.restorePortrait({ ...ids, version: 9 })).rejects.toMatchObject(notFound);
    const [piece] = (await client.getWorld(ids)).world.pieces;
    expect(piece!.details.image_portrait).toBe(urls[2]);
  });

  test("of an image that was deleted since is erased with it, and not brought back", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const { image_id } = await client.upload(fileOf(await png(200, "#0a0b0c")));
    const { ids } = await withVersions(stack, owner, 1);
    await client.replacePortrait({ ...ids, image_id });
    await deliver(stack, "PortraitQueue", [{ piece_id: ids.piece_id, version: 2 }]);
    await replace(stack, owner, ids, 3);
    const { portraits } = await client.listPortraits(ids);
    expect(portraits.map(({ version }) => version)).toEqual([3, 2, 1]);

    await client.deleteImage({ image_id });
    const left = (await client.listPortraits(ids)).portraits;
    expect(left.map(({ version }) => version)).toEqual([3, 1]);
    await expect(client.restorePortrait({ ...ids, version: 2 })).rejects.toMatchObject(notFound);
    await sweep(stack);
    expect((await fetch(portraits[1]!.url)).status).toBe(404);
    const { piece } = await client.restorePortrait({ ...ids, version: 1 });
    expect((await fetch(String(piece.details.image_portrait))).status).toBe(200);
  });

  test("of something else stays when the shown one is deleted with its image", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const { image_id } = await client.upload(fileOf(await png(200, "#0a0b0d")));
    const { ids, urls } = await withVersions(stack, owner, 1);
    await client.replacePortrait({ ...ids, image_id });
    await deliver(stack, "PortraitQueue", [{ piece_id: ids.piece_id, version: 2 }]);
    await client.deleteImage({ image_id, force: true });
    const { portraits } = await client.listPortraits(ids);
    expect(portraits.map(({ version, is_current }) => [version, is_current])).toEqual([[1, false]]);
    const { piece } = await client.restorePortrait({ ...ids, version: 1 });
    expect(piece).toMatchObject({ portrait_status: "published" });
    await passADay(stack);
    expect((await fetch(urls[0]!)).status).toBe(200);
  });

  test("of a piece without one does not exist", async ({ owner: { client } }) => {
    const { world } = await client.createWorld({ theme: "norse", pieces: [faction] });
    const ids = { world_id: world.world_id, piece_id: world.pieces[0]!.piece_id };
    expect(await client.listPortraits(ids)).toEqual({ portraits: [] });
    await expect(client.restorePortrait({ ...ids, version: 1 })).rejects.toMatchObject(notFound);
  });
});

describe("bringing portraits back", () => {
  test("at the same time as sweeps, workers and deletions never shows what is erased", async ({
    stack,
    owner,
  }) => {
    const { client } = owner;
    const allowed = ["portrait.not_found", "piece.not_found", "service.unavailable"];
    for (let round = 0; round < 6; round += 1) {
      const { ids } = await withVersions(stack, owner, 2);
      const image_portrait_base64 = (await png(90 + round)).toString("base64");
      await client.replacePortrait({ ...ids, image_portrait_base64 });
      if (round % 2 === 0) await makeDue(stack);
      const requests: (() => Promise<unknown>)[] = [
        () => client.restorePortrait({ ...ids, version: 1 }),
        () => sweep(stack),
        () => deliver(stack, "PortraitQueue", [{ piece_id: ids.piece_id, version: 3 }]),
        () => client.restorePortrait({ ...ids, version: 2 }),
        () => client.restorePortrait({ ...ids, version: 1 }),
        () => (round === 5 ? client.deletePiece(ids) : client.listPortraits(ids)),
      ];
      const answers = await Promise.allSettled(requests.map((send) => send()));
      const codes = answers.flatMap((answer) =>
        answer.status === "rejected" ? [answer.reason.code ?? answer.reason] : [],
      );
      expect(codes.filter((code) => !allowed.includes(code))).toEqual([]);
      await passADay(stack);
      const [piece] = (await client.getWorld(ids)).world.pieces;
      if (piece) expect((await fetch(String(piece.details.image_portrait))).status).toBe(200);
      expect(await open(stack)).toEqual([]);
      const listed = await stack.sql`
        select 1 from erasure_objects where key = ${String(piece?.details.image_portrait).slice(stack.cdn.length + 1)}
      `;
      if (piece) expect([...listed]).toEqual([]);
    }
  }, 60_000);
});

type Ids = { world_id: string; piece_id: string };

/** A character whose portrait was published so many times, with the URLs, bytes and stored bytes of each. */
async function withVersions(stack: TestStack, owner: Owner, count: number) {
  const { client } = owner;
  const before = (await client.getOwner()).usage.stored_bytes;
  const first = await png(340, "#101010");
  const pieces = [await character("Mira", first)];
  const { world } = await client.createWorld({ theme: "norse", pieces });
  const ids: Ids = { world_id: world.world_id, piece_id: world.pieces[0]!.piece_id };
  await deliver(stack, "PortraitQueue", [{ piece_id: ids.piece_id, version: 1 }]);
  const size = async () => (await client.getOwner()).usage.stored_bytes - before;
  const stored = [await size()];
  const urls = [await shownUrl(owner, ids)];
  for (let version = 2; version <= count; version += 1) {
    urls.push(await replace(stack, owner, ids, version));
    stored.push(await size());
  }
  const bytes = await Promise.all(urls.map((url) => bytesAt(url)));
  return { ids, urls, bytes, stored: stored.map((each) => each + before) };
}

async function replace(stack: TestStack, owner: Owner, ids: Ids, version: number) {
  const image_portrait_base64 = (await png(340 + 20 * version, "#202020")).toString("base64");
  await owner.client.replacePortrait({ ...ids, image_portrait_base64 });
  await deliver(stack, "PortraitQueue", [{ piece_id: ids.piece_id, version }]);
  return shownUrl(owner, ids);
}

async function shownUrl({ client }: Owner, ids: Ids) {
  const [piece] = (await client.getWorld(ids)).world.pieces;
  return String(piece!.details.image_portrait);
}

/** Objects that are still to be removed. */
const open = async ({ sql }: TestStack) => [
  ...(await sql`select key from erasure_objects where erased_at is null`),
];

const makeDue = ({ sql }: TestStack) => sql`
  update erasure_objects
  set erase_after = erase_after - interval '24 hours', final_after = final_after - interval '24 hours'
  where erased_at is null
`;

/** Sweeps as if a day had passed. */
async function passADay(stack: TestStack) {
  await makeDue(stack);
  await sweep(stack);
  await stack.sql`update erasure_objects set erase_after = now(), final_after = now() where erased_at is null`;
  await sweep(stack);
}
