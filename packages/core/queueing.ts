import { type QueueName, staleAfterSeconds } from "@keepsake/contract/queues";
import type { Queue } from "./ports.ts";

/** When a pending row counts as forgotten by its queue, and how often it is queued again. */
export type Staleness = { staleAfterSeconds: number; maxRequeues: number };

export const stalenessOf = (queue: QueueName): Staleness => ({
  staleAfterSeconds: staleAfterSeconds(queue),
  maxRequeues: 3,
});

/**
 * Sends messages about rows that are committed. When the queue is down nothing fails: the rows are marked,
 * and the next sweep sends them. Resolves to how many were not sent.
 */
export async function sendOrMarkUnsent<Message>(
  queue: Queue<Message>,
  messages: Message[],
  markUnsent: (unsent: Message[]) => PromiseLike<unknown>,
): Promise<number> {
  if (messages.length === 0) return 0;
  const unsent = await queue.send(messages);
  if (unsent.length > 0) await markUnsent(unsent);
  return unsent.length;
}
