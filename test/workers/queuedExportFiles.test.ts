import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { invoke } from "@keepsake/local/aws/lambda";
import { describe, expect } from "vitest";
import { datasetToExport, messagesOf } from "../support/exports/datasetToExport.ts";
import {
  deliver,
  type Owner,
  sweep,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";

describe("an export of four zips", () => {
  /** Its images count as 2.1 GB each when it is requested. */
  async function exportOfFour({ sql }: TestStack, { client }: Owner) {
    const { dataset_id, images } = await datasetToExport(client, { images: 4 });
    const image_ids = images.map(({ image_id }) => image_id);
    const setType = (content_type: string, width: number) => sql`
      update images set content_type = ${content_type}, width = ${width}, height = ${width}
      where image_id in ${sql(image_ids)}
    `;
    await setType("image/webp", 23_000);
    const { export_id } = (await client.createExport({ dataset_id, layout: "pairs" })).export;
    await setType("image/png", 32);
    return { export_id, messages: await messagesOf(sql, export_id) };
  }

  test("queues two, and the next one when one of them is written", async ({ stack, owner }) => {
    const before = await queuedMessages(stack);
    const { export_id, messages } = await exportOfFour(stack, owner);
    expect(messages).toHaveLength(4);
    const queued = [2, 3, 4, 4, 4];
    for (const [written, count] of queued.entries()) {
      await expect.poll(async () => (await queuedMessages(stack)) - before).toBe(count);
      if (written < 4) await deliver(stack, "ExportQueue", [messages[written]!]);
    }
    expect((await owner.client.getExport({ export_id })).export).toMatchObject({
      status: "ready",
      files: [{}, {}, {}, {}],
    });
  });

  test("has zips that no sweep queues before it is their turn, also when the queue lost all messages", async ({
    stack,
    owner,
  }) => {
    const { export_id, messages } = await exportOfFour(stack, owner);
    const due = async () =>
      (
        await stack.sql<{ file_index: number }[]>`
          select file_index from export_files
          where export_id = ${export_id} and queue_after < now() + interval '1 hour' order by 1
        `
      ).map(({ file_index }) => file_index);
    expect(await due()).toEqual([0, 1]);
    await invoke(stack.functions.schedules.sweep, { queue_lost: true });
    expect(await due()).toEqual([0, 1]);
    await deliver(stack, "ExportQueue", [messages[1]!]);
    expect(await due()).toEqual([0, 1, 2]);
    await owner.client.deleteExport({ export_id });
  });
});

test("a zip that no consumer has begun for three minutes is queued again, and then after twice as long", async ({
  stack,
  owner,
}) => {
  const { dataset_id } = await datasetToExport(owner.client);
  const { export_id } = (await owner.client.createExport({ dataset_id, layout: "pairs" })).export;
  const minutesLeft = async () => {
    const [row] = await stack.sql<[{ seconds: number }]>`
      select extract(epoch from queue_after - now())::float8 as seconds from export_files
      where export_id = ${export_id}
    `;
    return Math.round(row.seconds / 60);
  };
  expect(await minutesLeft()).toBe(3);
  for (const minutes of [3, 6, 12]) {
    await stack.sql`update export_files set queue_after = now() where export_id = ${export_id}`;
    await sweep(stack);
    expect(await minutesLeft()).toBe(minutes);
  }
  await owner.client.deleteExport({ export_id });
});

/** How many messages are in `ExportQueue`. */
async function queuedMessages({ sqs, queueUrls }: TestStack) {
  const AttributeNames = ["ApproximateNumberOfMessages" as const];
  const command = new GetQueueAttributesCommand({
    QueueUrl: queueUrls.ExportQueue,
    AttributeNames,
  });
  return Number((await sqs.send(command)).Attributes?.ApproximateNumberOfMessages);
}
