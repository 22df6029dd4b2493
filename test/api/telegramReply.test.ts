import { setTimeout as sleep } from "node:timers/promises";
import {
  type EmbeddedTelegram,
  embeddedTelegram,
} from "@keepsake/local/embedded/telegram/embeddedTelegram";
import { afterAll, beforeAll, expect, test } from "vitest";
import { png } from "../support/images.ts";
import { type TestStack, testStack } from "../support/stack.ts";

let telegram: EmbeddedTelegram;
let stack: TestStack;
beforeAll(async () => {
  telegram = await embeddedTelegram({ port: 0, botToken: "6060:quiet", botName: "quiet_bot" });
  stack = await testStack({ telegram, telegramReply: "off" });
});
afterAll(async () => {
  await stack.stop();
  await telegram.stop();
});

test("with replies turned off, the bot publishes the picture and sends no reply", async () => {
  await stack.sql`insert into telegram_accounts values (61, 'user:quiet')`;
  const phone = telegram.phone({ id: 61, first_name: "Mira" });
  phone.sendPhoto(await png(64, "#616161"));

  const client = stack.client("quiet");
  for (let tries = 0; tries < 100; tries += 1, await sleep(50))
    if ((await client.listImages()).images[0]?.status === "published") break;
  await sleep(200);

  expect((await client.listImages()).images).toMatchObject([{ status: "published" }]);
  expect(phone.replies()).toEqual([]);
});
