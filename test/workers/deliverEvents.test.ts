import { randomUUID } from "node:crypto";
import { eventRetrySeconds } from "@keepsake/contract/events";
import { queues } from "@keepsake/contract/queues";
import { claim, claimStale } from "@keepsake/core/events/events.sql";
import { retryPolicy } from "@keepsake/core/retryPolicy";
import { listFailed, redrive } from "@keepsake/ops/deadLetters/deadLetters";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { answering, type Receiver, startReceiver } from "../support/eventReceiver.ts";
import { deliver, sweep, type TestStack, testStack } from "../support/stack.ts";

let stack: TestStack;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver();
  stack = await testStack({ webhook: receiver.webhook, consume: false });
});
afterEach(async () => {
  expect(receiver.refused).toEqual([]);
  receiver.reset();
  await stack.sql`delete from events`;
});
afterAll(async () => {
  await stack.stop();
  await receiver.stop();
});

const policy = retryPolicy("EventQueue");
const hour = 3_600;

/** Writes the event of an erasure, and resolves to its message. */
async function newEvent(owner = randomUUID()) {
  const data = { erasure_id: randomUUID(), objects: 1, bytes: 9, created_at: new Date() };
  const [message] = await stack.sql<[{ event_id: string }]>`
    insert into events (owner_id, type, subject_id, data)
    values (${`user:${owner}`}, 'erasure.done', ${data.erasure_id}, ${stack.sql.json(data as never)})
    returning event_id
  `;
  return message;
}

async function rowOf({ event_id }: { event_id: string }) {
  const [row] = await stack.sql<[Row]>`
    select status, attempts, error, data is null as is_empty,
           extract(epoch from send_after - now())::float8 as send_in,
           extract(epoch from queue_after - now())::float8 as queue_in
    from events where event_id = ${event_id}
  `;
  return row;
}
type Row = {
  status: string;
  attempts: number;
  error: string | null;
  is_empty: boolean;
  send_in: number;
  queue_in: number;
};

/** Lets time pass for every event. */
const pass = (seconds: number) => stack.sql`
  update events
  set send_after = send_after - make_interval(secs => ${seconds}),
      queue_after = queue_after - make_interval(secs => ${seconds}),
      created_at = created_at - make_interval(secs => ${seconds}),
      finished_at = finished_at - make_interval(secs => ${seconds})
`;

const send = (...messages: unknown[]) => deliver(stack, "EventQueue", messages);
const ids = () => receiver.received.map(({ id }) => id);

describe("an event that the receiver does not accept", () => {
  test("is tried again with the same id for a day, then has failed until it is redriven", async () => {
    receiver.answer = answering(500);
    const event = await newEvent();
    expect(queues.EventQueue.attempts).toBe(eventRetrySeconds.length + 1);
    for (const [index, seconds] of eventRetrySeconds.entries()) {
      expect(await send(event)).toEqual([]);
      const row = await rowOf(event);
      expect(row).toMatchObject({ status: "pending", attempts: index + 1, is_empty: false });
      expect(row.error).toBe("The receiver answered 500");
      expect(row.send_in).toBeGreaterThan(seconds - 5);
      expect(row.send_in).toBeLessThanOrEqual(seconds);
      expect(row.queue_in).toBe(row.send_in);
      await send(event); // a message that is delivered too early sends nothing
      expect(receiver.received).toHaveLength(index + 1);
      await pass(seconds);
    }
    const total = eventRetrySeconds.reduce((sum, seconds) => sum + seconds, 0);
    expect(total).toBeLessThan(24 * hour);
    expect(total).toBeGreaterThan(23 * hour);

    await send(event);
    expect(await rowOf(event)).toMatchObject({
      status: "failed",
      error: "The receiver answered 500. npm run dlq -- redrive makes it pending again.",
    });
    expect(await listFailed()).toMatchObject({
      events: 1,
      first: [
        { kind: "event", id: event.event_id, error: expect.stringMatching(/^erasure.done: /) },
      ],
    });
    await pass(48 * hour);
    await sweep(stack);
    await send(event);
    expect(receiver.received).toHaveLength(8);

    receiver.answer = receiver.accept;
    expect(await redrive()).toMatchObject({ reset: 1 });
    await send(event);
    expect(await rowOf(event)).toMatchObject({ status: "delivered", error: null, is_empty: true });
    expect(new Set(ids())).toEqual(new Set([event.event_id]));
    expect(ids()).toHaveLength(9);
  });

  test("is delivered when the receiver was down for hours, and not twice", async () => {
    receiver.answer = (request) => request.socket.destroy();
    const event = await newEvent();
    for (const seconds of eventRetrySeconds.slice(0, 6)) {
      await send(event);
      await pass(seconds);
    }
    receiver.answer = receiver.accept;
    await send(event);
    await send(event);
    await pass(10 * hour);
    await send(event);
    expect(await rowOf(event)).toMatchObject({ status: "delivered", attempts: 7 });
    // a request that failed on a kept connection may be sent twice in one attempt
    expect(new Set(ids())).toEqual(new Set([event.event_id]));
  });

  test.each([
    ["is tried again when the receiver says, if that is later", 429, "600", 600],
    ["is not tried again sooner than planned", 503, "1", 5],
  ])("%s", async (_, status, retryAfter, seconds) => {
    receiver.answer = answering(status, { "retry-after": retryAfter });
    const event = await newEvent();
    await send(event);
    const { send_in } = await rowOf(event);
    expect(send_in).toBeGreaterThan(seconds - 4);
    expect(send_in).toBeLessThanOrEqual(seconds);
  });

  test("has failed at once when the receiver answers 410", async () => {
    receiver.answer = answering(410);
    const event = await newEvent();
    expect(await send(event)).toEqual([]);
    expect(await rowOf(event)).toMatchObject({ status: "failed", attempts: 1, is_empty: false });
  });

  test("does not keep the others of its batch", async () => {
    receiver.answer = (_, response) =>
      response.writeHead(receiver.received.length === 1 ? 500 : 204).end();
    const batch = [await newEvent(), await newEvent(), await newEvent()];
    await send(...batch);
    const rows = await Promise.all(batch.map(rowOf));
    expect(rows.map(({ status }) => status).sort()).toEqual(["delivered", "delivered", "pending"]);
  });
});

describe("an event", () => {
  test("is sent once by two consumers that get its message at the same time", async () => {
    const event = await newEvent();
    await Promise.all([send(event), send(event), send(event, event)]);
    expect(ids()).toEqual([event.event_id]);
  });

  test("whose consumer died is sent again when that one's time is over, not before", async () => {
    const event = await newEvent();
    expect(await claim(stack.sql, [event], policy)).toHaveLength(1);
    await send(event);
    expect(ids()).toEqual([]);
    await pass(queues.EventQueue.timeoutSeconds);
    await send(event);
    expect(ids()).toEqual([event.event_id]);
    expect(await rowOf(event)).toMatchObject({ status: "delivered", attempts: 2 });
  });

  test("whose last consumer died has failed", async () => {
    const event = await newEvent();
    await stack.sql`update events set attempts = 8, error = 'The receiver answered 500'`;
    await send(event);
    expect(ids()).toEqual([]);
    await sweep(stack);
    expect(await rowOf(event)).toMatchObject({
      status: "failed",
      error: "The last attempt did not run to its end. The receiver answered 500",
    });
  });

  test("whose attempt is due is queued by the sweep, and one that is not is left alone", async () => {
    const [due, later] = [await newEvent(), await newEvent()];
    await stack.sql`
      update events set queue_after = now() + interval '1 minute', send_after = now() + interval '1 minute'
      where event_id = ${later.event_id}
    `;
    const report = await sweepEvents();
    expect(report).toMatchObject({ requeued: 1, unsent: 0, failed: 0 });
    expect((await rowOf(due)).queue_in).toBeGreaterThan(500);
    expect(await sweepEvents()).toMatchObject({ requeued: 0 });
    await pass(61);
    expect(await sweepEvents()).toMatchObject({ requeued: 1 });
  });

  test("of an owner with many does not delay those of others", async () => {
    await stack.sql`
      insert into events (owner_id, type, subject_id, data, queue_after)
      select 'user:many', 'erasure.done', gen_random_uuid(), '{}', now() - interval '1 hour'
      from generate_series(1, 2000)
    `;
    const other = await newEvent();
    const claimed = await claimStale(stack.sql, policy, 100);
    expect(claimed.map(({ event_id }) => event_id)).toContain(other.event_id);
    expect(claimed.length).toBeGreaterThan(50);
    expect(claimed.length).toBeLessThanOrEqual(100);
  });

  test("is deleted a week after it was delivered or has failed, and never while it is pending", async () => {
    const [delivered, pending] = [await newEvent(), await newEvent()];
    receiver.answer = answering(500);
    await send(pending);
    receiver.answer = receiver.accept;
    await send(delivered);
    await pass(7 * 24 * hour - 60);
    await sweep(stack);
    expect(await rowOf(delivered)).toMatchObject({ status: "delivered" });
    await pass(120);
    await sweep(stack);
    expect(await rowOf(delivered)).toBeUndefined();
    expect(await rowOf(pending)).toMatchObject({ status: "pending" });
  });

  test("that cannot be written as delivered is delivered again, with the same id", async () => {
    const event = await newEvent();
    await stack.sql`alter table events add constraint no_delivery check (status <> 'delivered')`;
    expect(await send(event)).toEqual([0]);
    await stack.sql`alter table events drop constraint no_delivery`;
    await pass(queues.EventQueue.timeoutSeconds);
    expect(await send(event)).toEqual([]);
    expect(ids()).toEqual([event.event_id, event.event_id]);
  });
});

async function sweepEvents() {
  const { invoke } = await import("@keepsake/local/aws/lambda");
  const report = await invoke(stack.functions.schedules.sweep, {});
  return (report as { events: object }).events;
}
