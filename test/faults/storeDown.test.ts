import { expect, inject, test } from "vitest";
import { character } from "../support/drafts.ts";
import { cuttable } from "../support/proxy.ts";
import { makeStale, untilDeadLetters } from "../support/queues.ts";
import { sweep, testStack } from "../support/stack.ts";

test("a store that is down sends messages to the dead letters, loses no base64, and is overcome later", async () => {
  const parts = inject("parts");
  const wire = await cuttable(parts.r2.endpoint);
  const stack = await testStack({ parts: { r2: { ...parts.r2, endpoint: wire.url } } });
  await wire.cut();
  const client = stack.client("patient");
  const sent = await character();
  const { world } = await client.createWorld({ theme: "norse", pieces: [sent] });

  await untilDeadLetters(stack, "PortraitQueue", 1);

  const [row] = await stack.sql`select details, portrait_status, portrait_error from lore_pieces`;
  expect(row).toEqual({
    details: sent.details,
    portrait_status: "pending",
    portrait_error: expect.stringMatching(/could not be stored yet/),
  });

  await wire.mend();
  await makeStale(stack);
  await sweep(stack);
  const [piece] = (await client.waitForPortraits(world.world_id)).pieces;
  expect(piece).toMatchObject({ portrait_status: "published", portrait_error: null });
  await stack.stop();
  await wire.stop();
});
