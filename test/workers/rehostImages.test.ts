import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect } from "vitest";
import type { FaultyTelegram, FileFault } from "../support/faultyTelegram.ts";
import { noisePng, png } from "../support/images.ts";
import { sweep } from "../support/stack.ts";
import { expectNoBotToken, test, until } from "../support/stackWithPlatforms.ts";

describe("a Telegram file", () => {
  test.for<[string, FileFault]>([
    ["429", { getFile: { error_code: 429, retry_after: 1 }, times: 1 }],
    ["500", { getFile: { error_code: 500 }, times: 1 }],
    ["401", { getFile: { error_code: 401 }, times: 1 }],
    ["half a file", { download: "cut_short", times: 1 }],
  ])(
    "that cannot be downloaded now (%s) is downloaded later",
    { timeout: 30_000 },
    async ([, fault], { stack, sender: { phone, client } }) => {
      phone.sendDocument(await noisePng(32), { file_name: "a.png", mime_type: "image/png", fault });
      await until(async () => {
        await sweep(stack);
        return (await client.listImages()).images[0]?.status === "published";
      });
      await phone.waitForReply(10_000);
    },
  );

  test("that was rejected is tried again when it is sent again", async ({
    sender: { phone, client },
  }) => {
    const bytes = await png(64, "#697887");
    const fault = { getFile: { error_code: 400 } };
    phone.sendDocument(bytes, { file_name: "a.png", mime_type: "image/png", fault });
    expect((await phone.waitForReply(10_000)).text).toMatch(/no longer available/);
    phone.sendDocument(bytes, { file_name: "a.png", mime_type: "image/png" });
    const { text } = await phone.waitForReply(10_000);
    const { images } = await client.listImages();
    expect(images).toMatchObject([{ status: "published", url: text, error: null }]);
  });

  test("whose reply Telegram refuses for good is published, and the refusal is logged", async ({
    telegram,
    logs,
    sender: { phone, client },
  }) => {
    telegram.refuseNext("sendMessage", { error_code: 403, description: "Forbidden: blocked" });
    const before = logs.text.length;
    phone.sendPhoto(await png(64, "#5a6979"));
    const warnings = () =>
      logs.text
        .slice(before)
        .split("\n")
        .filter((line) => line.includes('"level":"WARN"'))
        .map((line) => JSON.parse(line));

    await until(async () => warnings().length > 0);

    expect(warnings()).toEqual([
      expect.objectContaining({
        message: "a reply was not delivered",
        kind: "image",
        error: expect.objectContaining({ message: expect.stringContaining("sendMessage: 403") }),
      }),
    ]);
    expect((await client.listImages()).images).toMatchObject([{ status: "published" }]);
    expect(phone.replies()).toEqual([]);
  });

  test("whose reply Telegram delays is answered later, and not published again", async ({
    stack,
    telegram,
    sender: { phone, client },
  }) => {
    telegram.refuseNext("sendMessage", { error_code: 429, retry_after: 1 });
    phone.sendPhoto(await png(64, "#5a6978"));
    await until(async () => (await client.listImages()).images[0]?.status === "published");
    const [before] = (await client.listImages()).images;
    const fetched = downloadsOf(telegram);
    await sleep(1_100);

    await until(async () => {
      await sweep(stack);
      return phone.replies().length === 1;
    });

    expect(phone.replies()[0]!.text).toBe(before!.url);
    expect(downloadsOf(telegram)).toBe(fetched);
  });

  test("that can never be downloaded is rejected with a reason, and its sender is informed once", async ({
    sender: { phone, client },
  }) => {
    const faults: [() => Promise<unknown> | unknown, RegExp][] = [
      [() => send({ getFile: { error_code: 400 } }), /no longer available/],
      [() => send({ file_path: "../../etc/passwd" }), /does not give out the image/],
      [() => send({ download: { error_code: 404 } }), /no longer available/],
      [() => send({ download: "redirect" }), /does not give out the image/],
      [() => send({ download: "endless" }), /over 20 MB/],
      [() => send({ download: "html" }), /Send a PNG, JPEG/],
      [() => sendBytes(Buffer.alloc(21 * 1024 * 1024)), /over 20 MB/],
      [() => sendBytes(Buffer.from("no image".repeat(99))), /Send a PNG, JPEG/],
    ];
    for (const [provoke, reason] of faults) {
      await provoke();
      const { text } = await phone.waitForReply(15_000);
      expect(text).toMatch(reason);
    }
    const { images } = await client.listImages({ limit: 100 });
    expect(images.map(({ status }) => status)).toEqual(Array(faults.length).fill("rejected"));
    await sleep(200);
    expect(phone.replies()).toHaveLength(faults.length);

    async function send(fault: object) {
      const bytes = await noisePng(32);
      phone.sendDocument(bytes, { file_name: "a.png", mime_type: "image/png", fault });
    }
    function sendBytes(bytes: Buffer) {
      phone.sendDocument(bytes, { file_name: "b.png", mime_type: "image/png" });
    }
  }, 60_000);
});

test("the bot's token is in no row, no log and no reply, even after failures", async ({
  logs,
  stack,
  telegram,
}) => {
  expect(logs.text).toContain('"route":"telegramRehost"');
  await expectNoBotToken(stack, telegram, logs);
});

const downloadsOf = ({ calls }: FaultyTelegram) =>
  calls.filter(({ method }) => method === "getFile").length;
