import { expect } from "vitest";
import { pendingPiece } from "../support/pieceDrafts.ts";
import { sweep, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";

const events = async ({ sql }: TestStack) => sql`select type from events`;

test("a stage without WEBHOOK_URL writes no events", async ({ stack, owner }) => {
  const { piece_id } = await pendingPiece(owner);
  await stack.sql`update lore_pieces set portrait_status = 'failed' where piece_id = ${piece_id}`;
  expect(await events(stack)).toEqual([]);
});

test("a stage whose WEBHOOK_URL was removed writes no more events and deletes those that it has", async ({
  stack,
  owner,
}) => {
  await stack.sql`update event_settings set is_on = true`;
  const { piece_id } = await pendingPiece(owner);
  await stack.sql`update lore_pieces set portrait_status = 'failed' where piece_id = ${piece_id}`;
  expect(await events(stack)).toHaveLength(1);
  await sweep(stack);
  expect(await events(stack)).toEqual([]);
  await stack.sql`update lore_pieces set portrait_status = 'rejected' where piece_id = ${piece_id}`;
  expect(await events(stack)).toEqual([]);
});
