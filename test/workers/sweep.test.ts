import { describe, expect } from "vitest";
import { character } from "../support/drafts.ts";
import { makeStale, pending } from "../support/queues.ts";
import { deliver, sweep, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";

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
    await sweep(stack);
    expect(await countRequests(stack)).toBeGreaterThan(0);

    await stack.sql`update requests set created_at = now() - interval '25 hours'`;
    await sweep(stack);

    expect(await countRequests(stack)).toBe(0);
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

async function countRequests({ sql }: TestStack) {
  const [row] = await sql`select count(*)::integer as count from requests`;
  return row?.count;
}
