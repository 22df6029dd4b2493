import { setTimeout as sleep } from "node:timers/promises";
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import type { QueueName } from "@keepsake/contract/queues";
import type { Sql } from "postgres";
import { deliver, sweep, type TestStack } from "../../support/stack.ts";

/**
 * Sweeps, delivers the queued messages and lets two days pass until no work is pending, five rounds at
 * most. For stacks without consumers.
 */
export async function finishPendingWork(stack: TestStack, sql: Sql) {
  for (let round = 0; round < 5; round += 1) {
    await sweep(stack);
    await deliverQueued(stack);
    if (!(await hasPendingWork(sql))) return;
    await passDays(sql);
  }
  await sweep(stack);
}

/** Shifts every time that something waits for by two days: queues, platforms, URLs, erasures and purges. */
export async function passDays(sql: Sql) {
  await sql`
    update lore_pieces
    set queued_at = queued_at - interval '2 days', attempted_at = attempted_at - interval '2 days'
    where portrait_status = 'pending'
  `;
  await sql`
    update images
    set queued_at = queued_at - interval '2 days', retry_at = retry_at - interval '2 days',
        attempted_at = attempted_at - interval '2 days', held_until = held_until - interval '2 days',
        url_expires_at = url_expires_at - interval '2 days',
        expires_at = expires_at - interval '2 days'
  `;
  await sql`
    update events
    set send_after = send_after - interval '2 days', queue_after = queue_after - interval '2 days'
    where status = 'pending'
  `;
  await sql`
    update export_files
    set leased_until = leased_until - interval '2 days', queue_after = queue_after - interval '2 days'
    where status = 'pending'
  `;
  await sql`update erasure_objects set erase_after = now(), final_after = now() where erased_at is null`;
  await sql`update erasure_objects set purge_after = now() where purge_next is not null`;
}

async function hasPendingWork(sql: Sql) {
  const [row] = await sql<[{ pending: boolean }]>`
    select exists (select 1 from lore_pieces where portrait_status = 'pending')
        or exists (select 1 from images where status = 'pending' or url_expires_at is not null
                   or retry_at is not null
                   or (replied_at is null and source ? 'chat_id'))
        or exists (select 1 from exports where status = 'pending')
        or exists (select 1 from events where status = 'pending')
        or exists (select 1 from erasures where done_at is null) as pending
  `;
  return row.pending;
}

/** Lets the time pass after which a queue delivers a message again whose consumer died. */
export async function passVisibility(sql: Sql) {
  await sql`update lore_pieces set attempted_at = attempted_at - interval '6 minutes'`;
  await sql`
    update images set attempted_at = attempted_at - interval '6 minutes', held_until = null
  `;
  await sql`update events set send_after = send_after - interval '6 minutes'`;
  await sql`
    update export_files
    set leased_until = leased_until - interval '6 minutes',
        queue_after = queue_after - interval '6 minutes'
    where status = 'pending' and leased_until is not null
  `;
}

/** Receives and delivers until the queues are empty, as Lambda's event sources would. */
export async function deliverQueued(stack: TestStack) {
  const names: QueueName[] = [
    ...(["PortraitQueue", "RehostQueue", "UploadQueue", "ExportQueue", "EventQueue"] as const),
  ];
  await Promise.all(names.map((name) => deliverQueue(stack, name)));
}

async function deliverQueue(stack: TestStack, name: QueueName) {
  const QueueUrl = stack.queueUrls[name];
  for (let failures = 0; failures < 5; ) {
    const receive = new ReceiveMessageCommand({
      QueueUrl,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 0,
    });
    const { Messages = [] } = await stack.sqs.send(receive);
    if (Messages.length === 0) return;
    const bodies = Messages.map(({ Body }) => Body!);
    const failed = new Set(await deliver(stack, name, bodies));
    const done = Messages.filter((_, index) => !failed.has(index));
    if (done.length > 0)
      await stack.sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl,
          Entries: done.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
        }),
      );
    if (failed.size === 0) continue;
    failures += 1;
    await sleep(1_100); // until it is visible again
  }
}
