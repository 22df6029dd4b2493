import type { PortraitMessage, RehostMessage, SweepEvent } from "@keepsake/contract/messages";
import * as generations from "./characters/generations.sql.ts";
import { eraseDue } from "./erasures/eraseDue.ts";
import * as objectKeys from "./images/objectKeys.ts";
import * as portraits from "./portraits/portraits.sql.ts";
import type { Queue, Services } from "./ports.ts";
import { type RetryPolicy, retryPolicy, sendOrMarkUnsent } from "./queueing.ts";
import * as rehosts from "./rehosts/rehosts.sql.ts";
import * as telegram from "./telegram/telegram.sql.ts";
import { expireUploads } from "./uploads/expireUploads.ts";
import * as uploads from "./uploads/uploads.sql.ts";
import * as requests from "./worlds/idempotency.sql.ts";

const messagesPerRun = 1_000;
const uploadsPerRun = 1_000;
const objectsPerRun = 500;
const rowsPerRun = 10_000;
/** When a run stops erasing, counted from its start: it is killed after 60 s. */
const erasingEndsMs = 45_000;

/**
 * Finishes work that was left unfinished: queues again what is no longer in a queue, expires uploads,
 * removes objects that are due for erasing, and deletes expired idempotency keys, links and counters. Each
 * run is bounded, and two runs at once are safe.
 */
export async function sweep(
  services: Pick<Services, "sql" | "portraitQueue" | "rehostQueue" | "images" | "incoming" | "cdn">,
  { queue_lost }: SweepEvent,
) {
  const { sql, portraitQueue, rehostQueue } = services;
  const startedAt = performance.now();
  if (queue_lost)
    await Promise.all([portraits.requeueAllPending(sql), rehosts.requeueAllPending(sql)]);
  const report = {
    portraits: await requeue(
      services,
      pendingPortraits,
      portraitQueue,
      retryPolicy("PortraitQueue"),
    ),
    rehosts: await requeue(services, pendingRehosts, rehostQueue, retryPolicy("RehostQueue")),
    expired: await expireUploads(services, uploadsPerRun),
    spent: await removeIncoming(services),
    erased: await eraseDue(services, startedAt + erasingEndsMs),
  };
  await Promise.all([
    generations.deleteExpired(sql, rowsPerRun),
    requests.deleteExpired(sql, rowsPerRun),
    telegram.deleteExpiredLinks(sql),
  ]);
  return report;
}

type PendingRows<Message> = {
  failExhausted(sql: Services["sql"], policy: RetryPolicy): PromiseLike<{ count: number }>;
  claimStale(sql: Services["sql"], policy: RetryPolicy, limit: number): PromiseLike<Message[]>;
  markUnsent(sql: Services["sql"], messages: Message[]): PromiseLike<unknown>;
};

const pendingPortraits: PendingRows<PortraitMessage> = {
  failExhausted: portraits.failExhausted,
  claimStale: portraits.claimStale,
  markUnsent: portraits.markUnsent,
};
const pendingRehosts: PendingRows<RehostMessage> = {
  failExhausted: rehosts.failExhausted,
  claimStale: rehosts.claimStale,
  markUnsent: rehosts.markUnsent,
};

/** Queues stale rows again, and fails those whose last allowed attempt did not run to its end. */
async function requeue<Message>(
  { sql }: Pick<Services, "sql">,
  rows: PendingRows<Message>,
  queue: Queue<Message>,
  policy: RetryPolicy,
) {
  const { count: failed } = await rows.failExhausted(sql, policy);
  const stale = await rows.claimStale(sql, policy, messagesPerRun);
  const unsent = await sendOrMarkUnsent(queue, [...stale], (some) => rows.markUnsent(sql, some));
  return { requeued: stale.length - unsent, unsent, failed };
}

/**
 * Removes the incoming objects of finished uploads once their URL has expired. While the object exists, the
 * URL cannot write it again.
 */
async function removeIncoming({ sql, incoming }: Pick<Services, "sql" | "incoming">) {
  const expired = await uploads.findExpiredUrls(sql, objectsPerRun);
  const attempts = await Promise.allSettled(
    expired.map(async ({ image_id }) => {
      await incoming.remove(objectKeys.upload(image_id));
      return image_id;
    }),
  );
  const removed = attempts.flatMap((attempt) =>
    attempt.status === "fulfilled" ? [attempt.value] : [],
  );
  if (removed.length > 0) await uploads.clearUrls(sql, removed);
  return removed.length;
}
