import type { BotApiError } from "@keepsake/local/embedded/telegram/botApiError";
import {
  createRateLimits,
  telegramRates,
} from "@keepsake/local/embedded/telegram/messageRateLimits";
import { expect, test } from "vitest";

const clock = () => {
  let now = 0;
  const spend = createRateLimits(telegramRates, () => now);
  /** The seconds that a bot must wait before these messages; 0 when they are sent. */
  const waits = (id: number, messages = 1, type = id < 0 ? "supergroup" : "private") => {
    try {
      spend({ id, type }, messages);
      return 0;
    } catch (error) {
      return (error as BotApiError).failure.retry_after;
    }
  };
  const pass = (seconds: number) => {
    now += seconds;
  };
  return { waits, pass };
};

test("a bot sends a few messages to a chat at once, and then one a second", () => {
  const { waits, pass } = clock();
  for (let sent = 0; sent < 5; sent += 1) expect(waits(1)).toBe(0);
  expect(waits(1)).toBe(1);
  expect(waits(1)).toBe(1);
  pass(1);
  expect([waits(1), waits(1), waits(2)]).toEqual([0, 1, 0]);
});

test("a bot sends 20 messages a minute to a group", () => {
  const { waits, pass } = clock();
  for (let sent = 0; sent < 20; sent += 1) expect(waits(-1)).toBe(0);
  expect(waits(-1)).toBe(3);
  pass(3);
  expect([waits(-1), waits(-1)]).toEqual([0, 3]);
});

test("a bot sends 30 messages a second to all chats", () => {
  const { waits, pass } = clock();
  for (let chat = 1; chat <= 30; chat += 1) expect(waits(chat)).toBe(0);
  expect(waits(31)).toBe(1);
  pass(0.5);
  for (let chat = 1; chat <= 15; chat += 1) expect(waits(chat)).toBe(0);
  expect(waits(31)).toBe(1);
});

test("an album counts as its messages, and may be larger than what is sent at once", () => {
  const { waits, pass } = clock();
  expect(waits(1, 10)).toBe(0);
  expect(waits(1)).toBe(6);
  pass(6);
  expect(waits(1)).toBe(0);
});
