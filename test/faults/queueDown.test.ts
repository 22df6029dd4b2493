import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { cuttableProxy } from "../support/cuttableProxy.ts";
import { character } from "../support/pieceDrafts.ts";
import { sweep, type TestStack, testStack } from "../support/stack.ts";
import { pending, untilDeadLetters } from "../support/stalePortraits.ts";

let stack: TestStack;
let proxy: Awaited<ReturnType<typeof cuttableProxy>>;

beforeAll(async () => {
  proxy = await cuttableProxy(inject("backends").sqsEndpoint);
  stack = await testStack({ backends: { sqsEndpoint: proxy.url } });
});
afterAll(async () => {
  await stack.stop();
  await proxy.stop();
});

test("a queue that is down when a world is committed only delays its portraits until the next sweep", async () => {
  const client = stack.client("patient");
  await proxy.cut();
  const { world } = await client.createWorld({ theme: "norse", pieces: [await character()] });
  expect(world.pieces[0]!.portrait_status).toBe("pending");
  expect(await pending(stack)).toEqual([{ queued: false, requeues: 0 }]);

  await sweep(stack);
  expect(await pending(stack)).toEqual([{ queued: false, requeues: 0 }]);

  await proxy.restore();
  expect(await sweep(stack)).toMatchObject({ requeued: 1, unsent: 0, failed: 0 });
  const [piece] = (await client.waitForPortraits(world.world_id)).pieces;
  expect(piece).toMatchObject({ portrait_status: "published" });
});

test("an invalid message ends in the dead-letter queue", async () => {
  const QueueUrl = stack.queueUrls.PortraitQueue;
  await stack.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "poison" }));

  await untilDeadLetters(stack, "PortraitQueue", 1);
});
