import { type QueueName, queues, staleAfterSeconds } from "@keepsake/contract/queues";

/** When a pending row counts as forgotten by its queue, and when it has failed. */
export type RetryPolicy = {
  staleAfterSeconds: number;
  /** A row that was attempted this often has failed. Waiting in a queue is no attempt. */
  maxAttempts: number;
  /** An attempt that began longer ago has ended: its function has timed out. */
  attemptSeconds: number;
  /** A message whose attempt began longer ago is in the dead-letter queue or lost, unless it waits. */
  redeliverySeconds: number;
};

export const retryPolicy = (queue: QueueName): RetryPolicy => ({
  staleAfterSeconds: staleAfterSeconds(queue),
  maxAttempts: queues[queue].attempts,
  attemptSeconds: queues[queue].timeoutSeconds,
  redeliverySeconds: 2 * queues[queue].visibilitySeconds,
});

/** What to do about a failed row, for its error. */
export const redriveAdvice = "npm run dlq -- redrive makes it pending again.";
