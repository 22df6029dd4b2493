import type { Queue } from "./ports.ts";

/**
 * Sends messages about rows that are committed. When the queue is down nothing fails: the rows are marked,
 * and the next sweep sends them. Resolves to how many were not sent.
 */
export async function sendOrMarkUnsent<Message>(
  queue: Queue<Message>,
  messages: Message[],
  markUnsent: (unsent: Message[]) => PromiseLike<unknown>,
  options: { delaySeconds?: number } = {},
): Promise<number> {
  if (messages.length === 0) return 0;
  const unsent = await queue.send(messages, options);
  if (unsent.length > 0) await markUnsent(unsent);
  return unsent.length;
}
