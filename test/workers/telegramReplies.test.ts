import { redrive } from "@keepsake/ops/deadLetters/deadLetters";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { deliverQueued, passDays, passVisibility } from "../faults/support/passTime.ts";
import { cuttableProxy } from "../support/cuttableProxy.ts";
import { type FaultyTelegram, type FileFault, faultyTelegram } from "../support/faultyTelegram.ts";
import { png } from "../support/images.ts";
import { deliver, request, sweep, type TestStack, testStack } from "../support/stack.ts";

let stack: TestStack;
let telegram: FaultyTelegram;
let sqs: Awaited<ReturnType<typeof cuttableProxy>>;

beforeAll(async () => {
  sqs = await cuttableProxy(inject("backends").sqsEndpoint);
  telegram = await faultyTelegram({ port: 0, botToken: "5050:owed", botName: "keepsake_bot" });
  stack = await testStack({ consume: false, telegram, backends: { sqsEndpoint: sqs.url } });
});
afterAll(async () => {
  await stack.stop();
  await telegram.stop();
  await sqs.stop();
});

let lastUser = 9_000;

/** A new Telegram user with one picture, which it can send several times. */
async function newSender(fault?: FileFault) {
  lastUser += 1;
  const from = { id: lastUser, first_name: "Mira" };
  const phone = telegram.phone(from);
  const { file_path: _, ...file } = telegram.addFile(await png(64), fault);
  const document = { ...file, file_name: "map.png", mime_type: "image/png" };
  let message_id = 0;
  return {
    /** Posts the picture in a message of its own, or in the last one again, to the webhook. */
    async send(isRepeated = false) {
      if (!isRepeated) message_id += 1;
      const chat = { id: from.id, type: "private" };
      const message = { message_id, date: 1, from, chat, document };
      const headers = { "x-telegram-bot-api-secret-token": stack.webhookSecret };
      const body = { update_id: 1, message };
      const { status } = await request(stack, "POST", "/telegram/webhook", { body, headers });
      expect(status).toBe(200);
    },
    replies: () => phone.replies().map(({ text }) => text),
    async row() {
      const [image] = await stack.sql`
        select image_id, status, url, error, attempts, reply_attempts, replied_at is not null as is_replied
        from images where owner_id = ${`telegram:${from.id}`}
      `;
      return image!;
    },
  };
}

/** Lets days pass, sweeps and delivers what was queued, as often as given. */
async function passTime(rounds = 1) {
  for (let round = 0; round < rounds; round += 1) {
    await passDays(stack.sql);
    await sweep(stack);
    await deliverQueued(stack);
  }
}

describe("the sender of a picture", () => {
  test("that is sent again while the queue is down gets a reply after the next sweep", async () => {
    const sender = await newSender();
    await sender.send();
    await deliverQueued(stack);
    const { url } = await sender.row();
    expect(sender.replies()).toEqual([url]);
    await sqs.cut();
    await sender.send();
    await sqs.restore();

    await sweep(stack);
    await deliverQueued(stack);

    expect(sender.replies()).toEqual([url, url]);
    await passTime(3);
    expect(sender.replies()).toEqual([url, url]);
  });

  test("gets no second reply when Telegram delivers the message again", async () => {
    const sender = await newSender();
    await sender.send();
    await deliverQueued(stack);
    const { url } = await sender.row();
    await sender.send(true);
    await deliverQueued(stack);
    expect(sender.replies()).toEqual([url]);
  });

  test("that is sent again stays published until the reply", async () => {
    const sender = await newSender();
    await sender.send();
    await deliverQueued(stack);
    const { url } = await sender.row();
    await sender.send();
    expect(await sender.row()).toMatchObject({ status: "published", url, is_replied: false });
    await deliverQueued(stack);
    expect(sender.replies()).toEqual([url, url]);
  });

  test("whose function died between the row and the reply gets it later, once", async () => {
    const sender = await newSender();
    await sender.send();
    await deliverQueued(stack);
    const { url, image_id } = await sender.row();
    await stack.sql`update images set replied_at = null where image_id = ${image_id}`;

    await passTime(3);

    expect(sender.replies()).toEqual([url, url]);
  });

  test("that was rejected while Telegram refused the reply gets it later", async () => {
    const sender = await newSender({ getFile: { error_code: 400 } });
    await sqs.cut(); // no message of its own remains in the queue
    await sender.send();
    await sqs.restore();
    const { image_id } = await sender.row();
    telegram.refuseNext("sendMessage", { error_code: 500 });
    await deliver(stack, "RehostQueue", [{ image_id }]);
    expect(sender.replies()).toEqual([]);

    await passTime(2);

    expect(sender.replies()).toEqual([expect.stringMatching(/no longer available/)]);
  });

  test("that failed after 12 attempts gets one reply about it, also when it is published after a redrive", async () => {
    const sender = await newSender({ getFile: { error_code: 500 }, times: 12 });
    await sender.send();
    const { image_id } = await sender.row();
    for (let attempt = 1; attempt < 12; attempt += 1)
      expect(await deliver(stack, "RehostQueue", [{ image_id }])).toEqual([0]);
    expect(sender.replies()).toEqual([]);
    expect(await deliver(stack, "RehostQueue", [{ image_id }])).toEqual([]);

    const failure = [expect.stringMatching(/could not be stored, .* Send it again later/)];
    expect(sender.replies()).toEqual(failure);
    expect(await sender.row()).toMatchObject({
      status: "failed",
      error: expect.stringMatching(
        /^Gave up after 12 attempts: the image could not be fetched or stored \(RetryableError\)\. npm run dlq -- redrive makes it pending again\.$/,
      ),
    });
    await passTime(2);
    expect(sender.replies()).toEqual(failure);

    expect(await redrive()).toMatchObject({ reset: 1 });
    await passTime(2);
    const { status, url } = await sender.row();
    expect(status).toBe("published");
    expect(sender.replies()).toEqual(failure);

    await sender.send();
    await deliverQueued(stack);
    expect(sender.replies()).toEqual([...failure, url]);
  });

  test("whose function died in its last attempt gets a reply that it failed", async () => {
    const sender = await newSender();
    await sqs.cut(); // no message of its own remains in the queue
    await sender.send();
    await sqs.restore();
    const { image_id } = await sender.row();
    await stack.sql`
      update images
      set queued_at = now(), attempts = 12, attempted_at = now() - interval '2 minutes',
          error = 'The image could not be fetched or stored yet (TimeoutError). It is tried again.'
      where image_id = ${image_id}
    `;

    await sweep(stack);
    await deliverQueued(stack);

    expect(await sender.row()).toMatchObject({
      status: "failed",
      is_replied: true,
      error: expect.not.stringContaining("tried again"),
    });
    expect(sender.replies()).toEqual([expect.stringMatching(/could not be stored/)]);
  });

  test("is not given up in the last attempt while that runs", async () => {
    const sender = await newSender();
    await sender.send();
    const { image_id } = await sender.row();
    await stack.sql`
      update images set attempts = 12, attempted_at = now() where image_id = ${image_id}
    `;
    await sweep(stack);
    expect(await sender.row()).toMatchObject({ status: "pending" });
    await stack.sql`delete from images where image_id = ${image_id}`;
  });

  test("waits for Telegram as long as it asks to, without an attempt", async () => {
    const sender = await newSender({ getFile: { error_code: 429, retry_after: 60 }, times: 1 });
    await sender.send();
    const { image_id } = await sender.row();
    await stack.sql`update images set attempts = 11 where image_id = ${image_id}`;
    const waitsFor = async () => {
      const [row] = await stack.sql`
        select extract(epoch from retry_at - now())::float8 as seconds from images
        where image_id = ${image_id}
      `;
      return row!.seconds as number | null;
    };
    expect(await deliver(stack, "RehostQueue", [{ image_id }])).toEqual([]);
    expect(await sender.row()).toMatchObject({ status: "pending", attempts: 11 });
    expect(await waitsFor()).toBeGreaterThan(30);
    await sweep(stack);
    expect(await waitsFor()).toBeGreaterThan(20);

    await deliverQueued(stack); // the message of its own, which came before
    await stack.sql`
      update images
      set status = 'pending', url = null, key = null, sha256 = null, replied_at = null, attempts = 3,
          retry_at = now() - interval '1 second'
      where image_id = ${image_id}
    `;
    await sweep(stack);
    expect(await waitsFor()).toBeNull();
    await deliverQueued(stack);
    expect(await sender.row()).toMatchObject({ status: "published" });
  });

  test("who blocked the bot is not tried again", async () => {
    const sender = await newSender();
    await sender.send();
    const { image_id } = await sender.row();
    telegram.refuseNext("sendMessage", { error_code: 403 });
    expect(await deliver(stack, "RehostQueue", [{ image_id }])).toEqual([]);
    expect(await sender.row()).toMatchObject({ status: "published", is_replied: true });
    expect(sender.replies()).toEqual([]);
  });

  test("gets one reply when the message is delivered to several workers at once", async () => {
    const sender = await newSender();
    await sender.send();
    await deliverQueued(stack);
    const { url, image_id } = await sender.row();
    await sender.send();

    const workers = await Promise.all(
      Array.from({ length: 5 }, () => deliver(stack, "RehostQueue", [{ image_id }])),
    );

    expect(sender.replies()).toEqual([url, url]);
    // the others wait for the worker that replies: should it die, one of them does
    expect(workers.filter((failed) => failed.length > 0).length).toBeLessThanOrEqual(4);
    await passVisibility(stack.sql);
    await deliverQueued(stack);
    expect(sender.replies()).toEqual([url, url]);
  });

  test("is left to the worker that is about to reply, until that has died", async () => {
    const sender = await newSender();
    await sender.send();
    await deliverQueued(stack);
    const { url, image_id } = await sender.row();
    await sqs.cut();
    await sender.send();
    await sqs.restore();
    await stack.sql`update images set attempted_at = now() where image_id = ${image_id}`;
    expect(await deliver(stack, "RehostQueue", [{ image_id }])).toEqual([0]);
    expect(sender.replies()).toEqual([url]);

    await passVisibility(stack.sql);
    expect(await deliver(stack, "RehostQueue", [{ image_id }])).toEqual([]);
    expect(sender.replies()).toEqual([url, url]);
  });

  test("that waited in the queue for weeks is downloaded by the next consumer", async () => {
    const sender = await newSender();
    await sender.send();
    for (let day = 0; day < 20; day += 2) {
      await passDays(stack.sql);
      await sweep(stack);
    }
    expect(await sender.row()).toMatchObject({ status: "pending", attempts: 0 });

    await deliverQueued(stack);

    const { status, url } = await sender.row();
    expect(status).toBe("published");
    expect(sender.replies()).toEqual([url]);
  });

  test("is not informed for ever: after 12 attempts to reply the sweep leaves it alone", async () => {
    const sender = await newSender();
    await sender.send();
    const { image_id } = await sender.row();
    for (let attempt = 0; attempt < 13; attempt += 1) {
      telegram.refuseNext("sendMessage", { error_code: 500 });
      await deliver(stack, "RehostQueue", [{ image_id }]);
    }
    expect(await sender.row()).toMatchObject({ status: "published", reply_attempts: 12 });
    const { calls } = telegram;
    const before = calls.length;
    await passTime(2);
    expect(calls.length).toBe(before);
  });
});

test("a batch of two pictures delivers again only the one that failed", async () => {
  const [failing, other] = [
    await newSender({ getFile: { error_code: 500 }, times: 1 }),
    await newSender(),
  ];
  await failing.send();
  await other.send();
  const batch = [await other.row(), await failing.row()].map(({ image_id }) => ({ image_id }));
  expect(await deliver(stack, "RehostQueue", batch)).toEqual([1]);
});

test("a rejected picture that is sent again is published although its old objects are being erased", async () => {
  const sender = await newSender({ getFile: { error_code: 500 }, times: 1 });
  await sender.send();
  const { image_id } = await sender.row();
  expect(await deliver(stack, "RehostQueue", [{ image_id }])).toEqual([0]);
  await stack.sql`
    update images set source = jsonb_set(source, '{file_id}', '"gone"') where image_id = ${image_id}
  `;
  await deliver(stack, "RehostQueue", [{ image_id }]);
  expect(await sender.row()).toMatchObject({ status: "rejected" });

  await sender.send();
  await deliverQueued(stack);
  await stack.sql`update erasure_objects set erase_after = now(), final_after = now()`;
  await sweep(stack);

  const { url } = await sender.row();
  expect((await fetch(url)).status).toBe(200);
});

test("a picture that is rejected after a worker died that had stored it is not left public", async () => {
  const sender = await newSender();
  await sender.send();
  await deliverQueued(stack);
  const { image_id, url } = await sender.row();
  await stack.sql`
    update images
    set status = 'pending', url = null, key = null, sha256 = null, replied_at = null,
        source = jsonb_set(source, '{file_id}', '"gone"')
    where image_id = ${image_id}
  `;
  expect((await fetch(url)).status).toBe(200);

  await deliver(stack, "RehostQueue", [{ image_id }]);
  await sweep(stack);

  expect(await sender.row()).toMatchObject({ status: "rejected" });
  expect((await fetch(url)).status).toBe(404);
});
