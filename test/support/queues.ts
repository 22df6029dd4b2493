import { setTimeout as sleep } from "node:timers/promises";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { type QueueName, queues } from "@keepsake/contract/queues";
import type { Stack } from "@keepsake/local/stack";
import type { TestStack } from "./stack.ts";

/** Resolves when a queue has `count` dead letters. Throws after 15 s. */
export async function untilDeadLetters(
  { sqs, deadLetterUrls }: Stack,
  queue: QueueName,
  count: number,
) {
  const QueueUrl = deadLetterUrls[queue];
  const AttributeNames = ["ApproximateNumberOfMessages" as const];
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(100)) {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames });
    const { Attributes } = await sqs.send(command);
    if (Attributes?.ApproximateNumberOfMessages === String(count)) return;
  }
  throw new Error(`${queue} did not move ${count} messages to its dead-letter queue in 15 s`);
}

/**
 * Makes pending portraits as old as if the visibility timeout of every receive had passed, however often
 * they were queued.
 */
export async function makeStale({ sql }: TestStack) {
  const { visibilitySeconds, receives } = queues.PortraitQueue;
  await sql`
    update lore_pieces
    set queued_at = now() - make_interval(secs => ${visibilitySeconds * receives + 1}) * power(2, requeues),
        attempted_at = attempted_at - interval '1 day'
    where portrait_status = 'pending'
  `;
}

/** The columns that the sweep decides by, of every pending portrait. */
export async function pending({ sql }: TestStack) {
  return [
    ...(await sql`
      select queued_at is not null as queued, requeues from lore_pieces
      where portrait_status = 'pending'
    `),
  ];
}
