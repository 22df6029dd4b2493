import { listFailed, redrive } from "@keepsake/ops/deadLetters/deadLetters";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { unaltered } from "../support/alteringProxy.ts";
import { png } from "../support/images.ts";
import { pendingPiece } from "../support/pieceDrafts.ts";
import { deliver, newOwner, sweep, type TestStack } from "../support/stack.ts";
import { stackWithAlteredR2 } from "../support/stackWithAlteredR2.ts";
import { makeStale } from "../support/stalePortraits.ts";
import { fileOf } from "../support/uploadRequests.ts";
import { removeIncoming, sweepAndDeliver } from "../support/uploadTimeAndObjects.ts";

let stack: TestStack;
let r2: Awaited<ReturnType<typeof stackWithAlteredR2>>["r2"];

beforeAll(async () => {
  ({ stack, r2 } = await stackWithAlteredR2());
});
afterAll(async () => {
  await stack.stop();
  await r2.stop();
});

describe("a portrait", () => {
  test("that no consumer took stays pending, however often it was queued, and its first message still publishes it", async () => {
    const owner = newOwner(stack);
    const { world_id, piece_id } = await pendingPiece(owner);
    for (let round = 0; round < 12; round += 1) {
      await makeStale(stack);
      expect(await sweep(stack)).toMatchObject({ requeued: 1, failed: 0 });
    }

    expect(await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }])).toEqual([]);

    const { world } = await owner.client.getWorld({ world_id });
    expect(world.pieces[0]).toMatchObject({ portrait_status: "published" });
  });

  test("that no consumer takes is queued again after 30 min, then an hour, then two", async () => {
    const { piece_id } = await pendingPiece(newOwner(stack));
    const waited = async (minutes: number) => {
      const seconds = minutes * 60;
      await stack.sql`
        update lore_pieces set queued_at = now() - make_interval(secs => ${seconds})
        where piece_id = ${piece_id}
      `;
      return (await sweep(stack)).requeued;
    };

    expect([await waited(29), await waited(31)]).toEqual([0, 1]);
    expect([await waited(59), await waited(61)]).toEqual([0, 1]);
    expect([await waited(119), await waited(121)]).toEqual([0, 1]);
    await stack.sql`delete from lore_pieces where piece_id = ${piece_id}`;
  });

  test("that was queued 20 times is queued again after 32 hours, and often again after an attempt", async () => {
    const { piece_id } = await pendingPiece(newOwner(stack));
    await stack.sql`
      update lore_pieces set queued_at = now() - interval '33 hours', requeues = 20
      where piece_id = ${piece_id}
    `;
    expect(await sweep(stack)).toMatchObject({ requeued: 1 });

    r2.alter = (_, response) => ({ ...response, status: 403, body: Buffer.alloc(0) });
    expect(await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }])).toEqual([0]);
    r2.alter = unaltered;
    const [row] = await stack.sql`select requeues from lore_pieces where piece_id = ${piece_id}`;
    expect(row).toEqual({ requeues: 0 });
    await stack.sql`delete from lore_pieces where piece_id = ${piece_id}`;
  });

  test("that waited for days is not queued again while it is tried", async () => {
    const { piece_id } = await pendingPiece(newOwner(stack));
    await stack.sql`
      update lore_pieces
      set attempts = 3, attempted_at = now() - interval '1 minute', queued_at = now() - interval '9 days'
      where piece_id = ${piece_id}
    `;
    expect(await sweep(stack)).toMatchObject({ requeued: 0 });
    await stack.sql`delete from lore_pieces where piece_id = ${piece_id}`;
  });

  test("that has failed may be replaced, and the next one is tried as often", async () => {
    const owner = newOwner(stack);
    const { world_id, piece_id } = await pendingPiece(owner);
    await stack.sql`
      update lore_pieces
      set portrait_status = 'failed', portrait_error = 'Gave up', attempts = 20, attempted_at = now()
      where piece_id = ${piece_id}
    `;
    const image_portrait_base64 = (await png(48)).toString("base64");
    const { client } = owner;
    const replaced = await client.replacePortrait({ world_id, piece_id, image_portrait_base64 });
    expect(replaced.piece).toMatchObject({ portrait_status: "pending", portrait_error: null });
    expect(await deliver(stack, "PortraitQueue", [{ piece_id, version: 2 }])).toEqual([]);

    const { world } = await owner.client.getWorld({ world_id });
    expect(world.pieces[0]).toMatchObject({ portrait_status: "published" });
  });

  test("has an attempt counted before the work, so that a process that dies has tried", async () => {
    const { piece_id } = await pendingPiece(newOwner(stack));
    let release = () => {};
    const stored = new Promise<void>((resolve) => {
      release = resolve;
    });
    let attempts: number | undefined;
    r2.alter = async (_, response) => {
      attempts ??= await attemptsOf(piece_id);
      await stored;
      return response;
    };
    const delivered = deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    await expect.poll(() => attempts).toBe(1);
    release();
    expect(await delivered).toEqual([]);
    r2.alter = unaltered;
  });

  test("whose consumer died in its last attempt has failed, and says so", async () => {
    const owner = newOwner(stack);
    const { world_id, piece_id } = await pendingPiece(owner);
    await stack.sql`
      update lore_pieces
      set attempts = 20, attempted_at = now() - interval '2 minutes',
          portrait_error = 'The portrait could not be stored yet (TimeoutError). It is tried again.'
      where piece_id = ${piece_id}
    `;

    expect(await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }])).toEqual([]);
    expect(await sweep(stack)).toMatchObject({ failed: 1 });

    const { world } = await owner.client.getWorld({ world_id });
    expect(world.pieces[0]).toMatchObject({
      portrait_status: "failed",
      portrait_error:
        "Gave up after 20 attempts: the last one did not run to its end. The portrait could not be stored yet (TimeoutError). npm run dlq -- redrive makes it pending again.",
    });
    await stack.sql`delete from lore_pieces where piece_id = ${piece_id}`;
  });

  test("in its last attempt is left to that attempt", async () => {
    const { piece_id } = await pendingPiece(newOwner(stack));
    await stack.sql`
      update lore_pieces set attempts = 20, attempted_at = now(), queued_at = now() - interval '9 days'
      where piece_id = ${piece_id}
    `;
    expect(await sweep(stack)).toEqual({ requeued: 0, unsent: 0, failed: 0 });
    await stack.sql`delete from lore_pieces where piece_id = ${piece_id}`;
  });

  test("has failed after 20 attempts that were made, is listed, and redrive makes it pending again", async () => {
    const owner = newOwner(stack);
    const { world_id, piece_id } = await pendingPiece(owner);
    const message = { piece_id, version: 1 };
    r2.alter = (_, response) => ({ ...response, status: 403, body: Buffer.alloc(0) });
    for (let attempt = 1; attempt < 20; attempt += 1) {
      expect(await deliver(stack, "PortraitQueue", [message])).toEqual([0]);
      await makeStale(stack);
      expect(await sweep(stack)).toMatchObject({ requeued: 1, failed: 0 });
    }
    expect(await deliver(stack, "PortraitQueue", [message])).toEqual([]);

    const failed = (await owner.client.getWorld({ world_id })).world.pieces[0]!;
    expect(failed).toMatchObject({
      portrait_status: "failed",
      portrait_error: expect.stringMatching(
        /^Gave up after 20 attempts: the portrait could not be stored \(.+\)\. npm run dlq -- redrive makes it pending again\.$/,
      ),
    });
    expect(await listFailed()).toEqual({
      portraits: 1,
      images: 0,
      events: 0,
      first: [{ kind: "portrait", id: piece_id, error: failed.portrait_error }],
    });

    expect(await redrive()).toMatchObject({ reset: 1 });
    expect(await listFailed()).toEqual({ portraits: 0, images: 0, events: 0, first: [] });
    expect(await deliver(stack, "PortraitQueue", [message])).toEqual([0]);
    expect(await attemptsOf(piece_id)).toBe(2);
    r2.alter = unaltered;
    expect(await deliver(stack, "PortraitQueue", [message])).toEqual([]);
    const { world } = await owner.client.getWorld({ world_id });
    expect(world.pieces[0]).toMatchObject({ portrait_status: "published", portrait_error: null });
  });

  test("that another worker gave up on is published by the one that stored it", async () => {
    const owner = newOwner(stack);
    const { world_id, piece_id } = await pendingPiece(owner);
    r2.alter = async ({ method }, response) => {
      if (method === "PUT")
        await stack.sql`
          update lore_pieces set portrait_status = 'failed' where piece_id = ${piece_id}
        `;
      return response;
    };
    await deliver(stack, "PortraitQueue", [{ piece_id, version: 1 }]);
    r2.alter = unaltered;
    const { world } = await owner.client.getWorld({ world_id });
    expect(world.pieces[0]).toMatchObject({ portrait_status: "published" });
  });

  test("that is rejected after an earlier attempt may have stored it leaves nothing public", async () => {
    const owner = newOwner(stack);
    const { world_id, piece_id } = await pendingPiece(owner);
    const key = `portraits/${world_id}/${piece_id}_portrait.png`;
    const message = { piece_id, version: 1 };
    r2.alter = ({ method }, response) => ({
      ...response,
      status: method === "PUT" ? 403 : response.status,
    });
    await deliver(stack, "PortraitQueue", [message]);
    r2.alter = unaltered;
    expect((await fetch(`${stack.cdn}/${key}`)).status).toBe(200);
    const damaged = { image_portrait_base64: (await png()).subarray(0, 60).toString("base64") };
    await stack.sql`
      update lore_pieces set details = ${stack.sql.json(damaged)} where piece_id = ${piece_id}
    `;

    expect(await deliver(stack, "PortraitQueue", [message])).toEqual([]);
    await sweep(stack);

    const { world } = await owner.client.getWorld({ world_id });
    expect(world.pieces[0]).toMatchObject({ portrait_status: "rejected" });
    expect((await fetch(`${stack.cdn}/${key}`)).status).toBe(404);
  });
});

describe("an upload that expires", () => {
  test("after a worker died that had published it leaves nothing public", async () => {
    const { client } = newOwner(stack);
    const image = await client.upload(fileOf(await png(72)));
    await stack.sql`
      update images
      set status = 'pending', url = null, key = null, sha256 = null, published_at = null,
          expires_at = now() - interval '61 s', url_expires_at = now() - interval '1 s'
      where image_id = ${image.image_id}
    `;
    await removeIncoming(image.image_id);
    expect((await fetch(image.url!)).status).toBe(200);

    await sweepAndDeliver(stack);
    await sweep(stack);

    expect((await fetch(image.url!)).status).toBe(404);
    const [row] = await stack.sql`
      select status, error_code from images where image_id = ${image.image_id}
    `;
    expect(row).toEqual({ status: "rejected", error_code: "upload.expired" });
  });

  test("and was never begun has nothing to erase", async () => {
    const { client, sub } = newOwner(stack);
    await client.presignUpload({ content_type: "image/png", size: 9, sha256: "0".repeat(64) });
    await stack.sql`
      update images
      set expires_at = now() - interval '61 s', url_expires_at = now() - interval '1 s',
          retry_at = now() - interval '1 s'
      where owner_id = ${`user:${sub}`}
    `;
    await sweepAndDeliver(stack);
    const [row] = await stack.sql`select status from images where owner_id = ${`user:${sub}`}`;
    expect(row).toEqual({ status: "rejected" });
    expect(await stack.sql`select 1 from erasures where owner_id = ${`user:${sub}`}`).toEqual([]);
  });
});

async function attemptsOf(piece_id: string): Promise<number> {
  const [row] = await stack.sql`select attempts from lore_pieces where piece_id = ${piece_id}`;
  return row?.attempts;
}
