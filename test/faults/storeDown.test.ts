import { expect, inject, test } from "vitest";
import { cuttableProxy } from "../support/cuttableProxy.ts";
import { character } from "../support/pieceDrafts.ts";
import { sweep, testStack } from "../support/stack.ts";
import { makeStale, untilDeadLetters } from "../support/stalePortraits.ts";

test("while R2 is down, messages go to the dead-letter queue and no base64 is lost; once it is back, portraits are published", async () => {
  const backends = inject("backends");
  const proxy = await cuttableProxy(backends.r2.endpoint);
  const stack = await testStack({ backends: { r2: { ...backends.r2, endpoint: proxy.url } } });
  await proxy.cut();
  const client = stack.client("patient");
  const draft = await character();
  const { world } = await client.createWorld({ theme: "norse", pieces: [draft] });

  await untilDeadLetters(stack, "PortraitQueue", 1);

  const [row] = await stack.sql`select details, portrait_status, portrait_error from lore_pieces`;
  expect(row).toEqual({
    details: draft.details,
    portrait_status: "pending",
    portrait_error: expect.stringMatching(/could not be stored yet/),
  });

  await proxy.restore();
  await makeStale(stack);
  await sweep(stack);
  const [piece] = (await client.waitForPortraits(world.world_id)).pieces;
  expect(piece).toMatchObject({ portrait_status: "published", portrait_error: null });
  await stack.stop();
  await proxy.stop();
});
