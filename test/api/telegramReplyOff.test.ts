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

test("with replies turned off, the bot ignores a picture of a channel and sends no reply", async () => {
  const chat = { id: -100_610, type: "channel" as const, title: "Quiet" };
  const { file_path: _, ...file } = telegram.addFile(await png(64, "#626262"));
  const photo = [{ ...file, width: 64, height: 64 }];
  const post = { message_id: 1, date: 1, chat, sender_chat: chat, photo };

  expect(await telegram.post({ update_id: 1, channel_post: post as never })).toBe(200);

  expect(telegram.calls.filter(({ method }) => method === "sendMessage")).toEqual([]);
});
