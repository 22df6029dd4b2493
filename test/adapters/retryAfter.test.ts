import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { aiCharacterGenerator } from "@keepsake/adapters/generators/ai/characterGenerator";
import { discordFiles } from "@keepsake/adapters/platforms/discordFiles";
import { telegramBot } from "@keepsake/adapters/platforms/telegram";
import { expect, onTestFinished, test } from "vitest";

const inADay = new Date(Date.now() + 86_400_000).toUTCString();

/** What a service sends as `Retry-After`, and the seconds that we wait. */
const headers: [string, number | undefined][] = [
  ["0", 0],
  ["17", 17],
  ["1.2", 2],
  ["3600", 3_600],
  ["3601", 3_600],
  ["99999999999999999999", 3_600],
  ["9".repeat(400), 3_600],
  [inADay, 3_600],
  ["Fri, 31 Dec 9999 23:59:59 GMT", 3_600],
  ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
  ["soon", undefined],
  ["1.2.3", undefined],
  ["", undefined],
];

test.for(headers)("a wait of %j is read as %j seconds", async ([header, expected], { task }) => {
  task.meta.cases = 2; // from a platform and from an AI provider
  const origin = await serve({ "retry-after": header }, {});
  const discord = discordFiles({ origins: origin });
  const link = { baseUrl: `${origin}/v1`, textModel: "x", imageModel: "x", apiKey: "" };

  const waits = await Promise.all([
    waitOf(discord.download({ url: `${origin}/attachments/1/2/a.png` }, 1_000)),
    // the provider is asked again by itself after waits of at most 10 s
    expected === undefined || expected < 60
      ? expected
      : waitOf(aiCharacterGenerator(link).generate({ theme: "x", count: 1, seed: "x" })),
  ]);

  expect(waits).toEqual([expected, expected]);
});

test.for<[unknown, number | undefined]>([
  [17, 17],
  [0.5, 1],
  [-1, 0],
  [3_601, 3_600],
  [Number.MAX_SAFE_INTEGER, 3_600],
  [1e308, 3_600],
  ["17", 17],
  [null, undefined],
  [{}, undefined],
])("a wait of %j from Telegram is read as %j seconds", async ([retry_after, expected]) => {
  const api = await serve({}, { ok: false, error_code: 429, parameters: { retry_after } });
  const bot = telegramBot({ api, botToken: "1:x" });

  expect(await waitOf(bot.sendMessage({ chat_id: 1, text: "Hello" }))).toBe(expected);
});

/** The wait in the error of a call or of a stream. */
async function waitOf(call: Promise<unknown> | AsyncIterable<unknown>) {
  try {
    await (Symbol.asyncIterator in call ? call[Symbol.asyncIterator]().next() : call);
  } catch (error) {
    return (error as { retryAfterSeconds?: number }).retryAfterSeconds;
  }
  throw new Error("The call succeeded");
}

/** A server on loopback that rate limits every request. */
async function serve(headers: Record<string, string>, body: object): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(429, headers).end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
