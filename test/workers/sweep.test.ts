import { createHash } from "node:crypto";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { character } from "../support/pieceDrafts.ts";
import {
  deliver,
  newOwner,
  sweep,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";
import { insertStale, makeStale, pending } from "../support/stalePortraits.ts";
import { fileOf } from "../support/uploadRequests.ts";

describe("the sweep", () => {
  test("skips portraits that may still be in the queue, and queues the others again", async ({
    stack,
  }) => {
    await stack.client("a").createWorld({ theme: "norse", pieces: [await character()] });
    expect(await sweep(stack)).toMatchObject({ requeued: 0 });

    await makeStale(stack);

    expect(await sweep(stack)).toMatchObject({ requeued: 1 });
    expect(await sweep(stack)).toMatchObject({ requeued: 0 });
    await stack.sql`delete from worlds`;
  });

  test("sends nothing twice when it runs twice at once", async ({ stack }) => {
    const pieces = await Promise.all(Array.from({ length: 20 }, () => character()));
    await stack.client("c").createWorld({ theme: "norse", pieces });
    await makeStale(stack);

    const runs = await Promise.all([sweep(stack), sweep(stack)]);

    expect(runs[0]!.requeued + runs[1]!.requeued).toBe(20);
    await stack.sql`delete from worlds`;
  });

  test("queues everything again after the queue was lost, however often", async ({ stack }) => {
    await stack.client("d").createWorld({ theme: "norse", pieces: [await character()] });

    expect(await sweep(stack, { queue_lost: true })).toMatchObject({ requeued: 1 });
    expect(await sweep(stack, { queue_lost: true })).toMatchObject({ requeued: 1 });

    expect(await pending(stack)).toEqual([{ queued: true, requeues: 1 }]);
    await stack.sql`delete from worlds`;
  });

  test("deletes idempotency keys after a day", async ({ stack }) => {
    await stack.client("e").createWorld({ theme: "norse", pieces: [await character()] });
    await stack.sql`update requests set created_at = now() - interval '23 hours'`;
    await sweep(stack);
    expect(await countRequests(stack)).toBeGreaterThan(0);

    await stack.sql`update requests set created_at = now() - interval '25 hours'`;
    await sweep(stack);

    expect(await countRequests(stack)).toBe(0);
  });

  test("removes the URLs that the previous release kept of finished images", async ({ stack }) => {
    const source = stack.sql.json({ url: "https://cdn.example/a?signature=b", name: "a" });
    for (const status of ["published", "rejected", "pending"])
      await stack.sql`
        insert into images (image_id, owner_id, platform, platform_ref, source, status, url, sha256)
        values (gen_random_uuid(), 'user:urls', 'discord', ${status}, ${source}, ${status}, 'https://a', '')
      `;
    await sweep(stack);
    const rows = await stack.sql<{ status: string; source: object }[]>`
      select status, source from images where owner_id = 'user:urls'
    `;
    const url_sha256 = createHash("sha256")
      .update("https://cdn.example/a?signature=b")
      .digest("hex");
    expect(Object.fromEntries(rows.map((row) => [row.status, row.source]))).toEqual({
      published: { name: "a" },
      rejected: { name: "a", url_sha256 },
      pending: { name: "a", url: "https://cdn.example/a?signature=b" },
    });
    await stack.sql`delete from images where owner_id = 'user:urls'`;
  });

  test("deletes links to Telegram once they have expired", async ({ stack }) => {
    const count = async () => (await stack.sql`select 1 from telegram_links`).length;
    await stack.client("g").linkTelegram();
    await stack.sql`update telegram_links set expires_at = now() + interval '5 minutes'`;
    await sweep(stack);
    expect(await count()).toBe(1);

    await stack.sql`update telegram_links set expires_at = now() - interval '1 second'`;
    await sweep(stack);
    expect(await count()).toBe(0);
  });

  test("changes nothing when its message arrives after the portrait was published", async ({
    stack,
  }) => {
    const pieces = [await character()];
    const { world } = await stack.client("f").createWorld({ theme: "norse", pieces });
    const message = { piece_id: world.pieces[0]!.piece_id, version: 1 };
    await deliver(stack, "PortraitQueue", [message]);
    await makeStale(stack);

    expect(await sweep(stack)).toMatchObject({ failed: 0 });
    expect(await deliver(stack, "PortraitQueue", [message])).toEqual([]);
  });
});

describe("a backlog of the sweep", () => {
  test("of which no consumer begins 1,000 leaves the others to the next run, and delays nothing else", {
    timeout: 60_000,
  }, async ({ stack }) => {
    const { client } = newOwner(stack);
    const image = await client.upload(fileOf(await png(64, "#0a0b0d")));
    await client.deleteImage(image);
    await insertStale(stack, 1_500);
    await insertStaleRehosts(stack, 1_500);

    const sweeping = sweep(stack);
    await expect.poll(async () => (await fetch(image.url!)).status, { timeout: 4_000 }).toBe(404);
    expect(await sweeping).toMatchObject({ requeued: 1_000 });
    expect(await requeuedRehosts(stack)).toBe(1_000);
    expect(await sweep(stack)).toMatchObject({ requeued: 500 });
    expect(await requeuedRehosts(stack)).toBe(1_500);
    await stack.sql`delete from worlds`;
  });

  test("of 1,500 uploads that no page completed is queued 1,000 at a time", async ({ stack }) => {
    await stack.sql`
      insert into images (image_id, owner_id, platform, status, source, source_sha256, content_type, bytes,
                          expires_at, url_expires_at)
      select gen_random_uuid(), 'user:many', 'web', 'pending', '{}', repeat('0', 64), 'image/png', 1,
             now() + interval '1 hour', now() - interval '1 minute'
      from generate_series(1, 1500)
    `;
    const queued = async () => {
      await sweep(stack);
      const [row] = await stack.sql`
        select count(*)::integer as queued from images
        where platform = 'web' and status = 'pending' and queued_at is not null
      `;
      return row?.queued;
    };
    expect(await queued()).toBe(1_000);
    expect(await queued()).toBe(1_500);
  });
});

async function countRequests({ sql }: TestStack) {
  const [row] = await sql`select count(*)::integer as count from requests`;
  return row?.count;
}

async function insertStaleRehosts({ sql }: TestStack, count: number) {
  await sql`
    insert into images (image_id, owner_id, platform, platform_ref, source, status)
    select gen_random_uuid(), 'user:many', 'telegram', number::text, '{}', 'pending'
    from generate_series(1, ${count}::integer) number
  `;
}

async function requeuedRehosts({ sql }: TestStack) {
  const [row] = await sql`
    select count(*)::integer as count from images where platform <> 'web' and requeues = 1
  `;
  return row?.count;
}
