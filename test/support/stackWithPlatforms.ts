import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { test as base, expect } from "vitest";
import { captureOutput } from "./capturedOutput.ts";
import { type FaultyTelegram, faultyTelegram } from "./faultyTelegram.ts";
import { png } from "./images.ts";
import { type TestStack, testStack } from "./stack.ts";

/**
 * Vitest's `test` with the whole system, an embedded Telegram that can fail, and a stand-in for Discord. `logs`
 * holds everything that the functions logged at level INFO. At the end of a file, the bot's token must
 * be in nothing that was stored, logged or sent.
 */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the pattern to learn what a fixture uses.
  .extend("logs", { scope: "file" }, ({}, { onCleanup }) => {
    process.env.LOG_LEVEL = "INFO";
    const logs = captureOutput();
    onCleanup(logs.restore);
    return logs;
  })
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the pattern to learn what a fixture uses.
  .extend("telegram", { scope: "file" }, async ({}, { onCleanup }) => {
    const telegram = await faultyTelegram({
      port: 0,
      botToken: "7070:not_for_any_eyes_but_ours",
      botName: "keepsake_bot",
      webhookRetries: { pauseMs: 20, attempts: 3 },
    });
    onCleanup(() => telegram.stop());
    return telegram;
  })
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the pattern to learn what a fixture uses.
  .extend("discord", { scope: "file" }, async ({}, { onCleanup }) => {
    const discord = await startDiscord();
    onCleanup(() => discord.stop());
    return discord;
  })
  .extend("stack", { scope: "file" }, async ({ logs, telegram, discord }, { onCleanup }) => {
    // a rehost that takes longer is delivered, and answered, twice: tests that count replies would fail
    const visibilitySeconds = 3;
    const discordOrigins = [discord.origin];
    const stack = await testStack({ telegram, discordOrigins, visibilitySeconds });
    onCleanup(async () => {
      await expectNoBotToken(stack, telegram, logs);
      await stack.stop();
    });
    return stack;
  })
  .extend("sender", ({ stack, telegram }) => linkedSender(stack, telegram));

// the first image loads the functions, which may take longer than that
test.beforeAll(async ({ stack: _, telegram }) => {
  const phone = telegram.phone({ id: 1_000, first_name: "First" });
  phone.sendPhoto(await png());
  await phone.waitForReply(30_000);
});

let lastUser = 1_000;

/** A new Telegram user per test, linked to an owner, so that `client` sees the images it sends. */
async function linkedSender({ sql, client }: TestStack, telegram: FaultyTelegram) {
  lastUser += 1;
  const phone = telegram.phone({ id: lastUser, first_name: "Mira" });
  const sub = `owner of ${lastUser}`;
  await sql`
    insert into telegram_accounts ${sql({ telegram_user_id: lastUser, owner_id: `user:${sub}` })}
  `;
  return { phone, client: client(sub), owner_id: `telegram:${lastUser}` };
}

/** Fails when the bot's token is in a row, a log or a call to Telegram. */
export async function expectNoBotToken(
  { sql }: TestStack,
  { botToken, calls }: FaultyTelegram,
  logs: { text: string },
) {
  const secret = botToken.split(":")[1]!;
  for (const table of [
    "images",
    "telegram_accounts",
    "telegram_links",
    "lore_pieces",
    "erasures",
  ]) {
    const rows = await sql`select * from ${sql(table)}`;
    expect(JSON.stringify(rows)).not.toContain(secret);
  }
  expect(JSON.stringify(calls)).not.toContain(secret);
  expect(logs.text).not.toContain(secret);
}

/** A stand-in for Discord's file server; a test sets how it answers. */
async function startDiscord() {
  const notFound: RequestListener = (_, response) => response.writeHead(404).end();
  const discord = { answer: notFound };
  const server = createServer((request, response) => discord.answer(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(discord, {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    closeConnections: () => server.closeAllConnections(),
    stop() {
      server.close();
      server.closeAllConnections();
    },
  });
}

/** Resolves when the condition holds; throws after 15 s. */
export async function until(condition: () => Promise<boolean>) {
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(100))
    if (await condition()) return;
  throw new Error("The condition did not hold within 15 s");
}
