import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { type QueueName, queues } from "@keepsake/contract/queues";
import type { Stack } from "@keepsake/local/startStack";
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

/** Inserts pending portraits that are in no queue. They are no images, so a consumer soon rejects them. */
export async function insertStale({ sql }: TestStack, count: number) {
  const world_id = randomUUID();
  await sql`insert into worlds (world_id, owner_id, theme) values (${world_id}, 'user:many', 'norse')`;
  await sql`
    insert into lore_pieces (piece_id, world_id, type, name, description, details, portrait_status,
                             portrait_version)
    select gen_random_uuid(), ${world_id}, 'character', 'Mira', 'Keeps the lighthouse.',
           '{"image_portrait_base64": "AAAA"}', 'pending', 1
    from generate_series(1, ${count}::integer)
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
