import { expect } from "vitest";
import { sweep, test } from "../support/stack.ts";
import { insertStale } from "../support/stalePortraits.ts";

test("a sweep queues a backlog of 2,500 portraits in one run, as consumers begin on them", {
  timeout: 90_000,
}, async ({ stack }) => {
  await insertStale(stack, 2_500);

  expect(await sweep(stack)).toEqual({ requeued: 2_500, unsent: 0, failed: 0 });
});
