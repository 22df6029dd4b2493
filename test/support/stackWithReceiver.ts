import { test as base, expect } from "vitest";
import { startReceiver } from "./eventReceiver.ts";
import { newOwner, testStack } from "./stack.ts";

/**
 * Vitest's `test` with the whole system and a receiver of its events. A test fails when the receiver refused one;
 * the next test finds it empty.
 */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the pattern to learn what a fixture uses.
  .extend("receiver", { scope: "file" }, async ({}, { onCleanup }) => {
    const receiver = await startReceiver();
    onCleanup(() => receiver.stop());
    return receiver;
  })
  .extend("stack", { scope: "file" }, async ({ receiver }, { onCleanup }) => {
    const stack = await testStack({ webhook: receiver.webhook });
    onCleanup(() => stack.stop());
    return stack;
  })
  .extend("owner", ({ stack }) => newOwner(stack))
  .extend("refusesNothing", { auto: true }, ({ receiver }, { onCleanup }) => {
    onCleanup(() => {
      const refused = [...receiver.refused];
      receiver.reset();
      expect(refused).toEqual([]);
    });
  });
