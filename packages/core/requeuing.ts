import type { Queue, Services } from "./ports.ts";
import type { RetryPolicy } from "./retryPolicy.ts";
import { sendOrMarkUnsent } from "./sendOrMarkUnsent.ts";

/** How a sweep finds the rows of one queue. */
export type PendingRows<Message> = {
  failExhausted(sql: Services["sql"], policy: RetryPolicy): PromiseLike<{ count: number }>;
  claimStale(sql: Services["sql"], policy: RetryPolicy, limit: number): PromiseLike<Message[]>;
  markUnsent(sql: Services["sql"], messages: Message[]): PromiseLike<unknown>;
  /** Those of the messages that no consumer has begun. */
  findWaiting(sql: Services["sql"], messages: Message[]): PromiseLike<Message[]>;
};

/** Messages of one sweep that no consumer has begun. A new message of a caller waits behind these. */
const maxWaiting = 1_000;
/** When the consumers begin none of them for this long, the rest is left to the next sweep. */
const stalledAfterMs = 5_000;

/**
 * Queues stale rows again, up to 1,000 in each `turn`, and more as consumers begin on them. The first turn
 * fails the rows whose last allowed attempt did not run to its end.
 */
export function requeuing<Message>(
  { sql }: Pick<Services, "sql">,
  rows: PendingRows<Message>,
  queue: Queue<Message>,
  policy: RetryPolicy,
) {
  const report = { requeued: 0, unsent: 0, failed: 0 };
  let waiting: Message[] = [];
  let progressAt: number | undefined;

  return {
    report,
    async turn(): Promise<{ isDone: boolean; isIdle: boolean }> {
      if (progressAt === undefined) report.failed = (await rows.failExhausted(sql, policy)).count;
      else {
        const before = waiting.length;
        waiting = [...(await rows.findWaiting(sql, waiting))];
        const isStalled = performance.now() - progressAt > stalledAfterMs;
        if (waiting.length === before) return { isDone: isStalled, isIdle: true };
      }
      progressAt = performance.now();
      if (waiting.length > maxWaiting / 2) return { isDone: false, isIdle: true };

      const limit = maxWaiting - waiting.length;
      const stale = [...(await rows.claimStale(sql, policy, limit))];
      const unsent = await sendOrMarkUnsent(queue, stale, (some) => rows.markUnsent(sql, some));
      report.requeued += stale.length - unsent;
      report.unsent += unsent;
      waiting.push(...stale);
      return { isDone: stale.length < limit || unsent > 0, isIdle: false };
    },
  };
}
