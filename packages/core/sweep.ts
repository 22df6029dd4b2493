import type { SweepEvent } from "@keepsake/contract/messages";
import { type QueueName, staleAfterSeconds } from "@keepsake/contract/queues";
import * as generations from "./characters/generations.sql.ts";
import { eraseDue } from "./erasures/erasures.ts";
import { objectKeys } from "./images/objectKeys.ts";
import * as portraits from "./portraits/portraits.sql.ts";
import type { Services } from "./ports.ts";
import * as rehosts from "./rehosts/rehosts.sql.ts";
import * as telegram from "./telegram/telegram.sql.ts";
import * as uploads from "./uploads/uploads.sql.ts";
import * as requests from "./worlds/idempotency.sql.ts";

const stale = (queue: QueueName) => ({
  staleAfterSeconds: staleAfterSeconds(queue),
  maxRequeues: 3,
});
const messagesPerRun = 1_000;
const objectsPerRun = 500;
const rowsPerRun = 10_000;

/**
 * Finishes what was left behind: re-queues what no queue holds any more, ends uploads whose time has passed, removes objects that are to be erased, forgets yesterday's idempotency keys. Bounded,
 * and safe to run twice at once.
 */
export async function sweep(
  services: Pick<Services, "sql" | "portraitQueue" | "rehostQueue" | "images" | "incoming" | "cdn">,
  { queue_lost }: SweepEvent,
) {
  const { sql } = services;
  if (queue_lost)
    await Promise.all([portraits.requeueAllPending(sql), rehosts.requeueAllPending(sql)]);
  const report = {
    portraits: await requeuePortraits(services),
    rehosts: await requeueRehosts(services),
    expired: (await uploads.expire(sql, rowsPerRun)).count,
    spent: await removeSpent(services),
    erased: await eraseDue(services, objectsPerRun),
  };
  await Promise.all([
    generations.dropOld(sql, rowsPerRun),
    requests.dropOld(sql, rowsPerRun),
    telegram.dropOldLinks(sql),
  ]);
  return report;
}

/** Sends stale portraits again, and gives up those that were sent again three times. */
async function requeuePortraits({ sql, portraitQueue }: Pick<Services, "sql" | "portraitQueue">) {
  const { count: failed } = await portraits.failExhausted(sql, stale("PortraitQueue"));
  const taken = await portraits.claimStale(sql, stale("PortraitQueue"), messagesPerRun);
  const unsent = await portraitQueue.send([...taken]);
  if (unsent.length > 0) await portraits.markUnsent(sql, unsent);
  return { requeued: taken.length - unsent.length, unsent: unsent.length, failed };
}

/** The same for images of other platforms, and those a platform asked us to come back for. */
async function requeueRehosts({ sql, rehostQueue }: Pick<Services, "sql" | "rehostQueue">) {
  const { count: failed } = await rehosts.failExhausted(sql, stale("RehostQueue"));
  const taken = await rehosts.claimStale(sql, stale("RehostQueue"), messagesPerRun);
  const unsent = await rehostQueue.send([...taken]);
  const ids = unsent.map(({ image_id }) => image_id);
  if (ids.length > 0) await rehosts.markUnsent(sql, ids);
  return { requeued: taken.length - unsent.length, unsent: unsent.length, failed };
}

/**
 * Removes incoming objects of uploads that are settled. Not before their URL has expired: while the
 * object is there, its URL cannot write it again.
 */
async function removeSpent({ sql, incoming }: Pick<Services, "sql" | "incoming">) {
  const spent = await uploads.withSpentUrls(sql, objectsPerRun);
  const attempts = await Promise.allSettled(
    spent.map(async ({ image_id }) => {
      await incoming.remove(objectKeys.upload(image_id));
      return image_id;
    }),
  );
  const removed = attempts.flatMap((attempt) =>
    attempt.status === "fulfilled" ? [attempt.value] : [],
  );
  if (removed.length > 0) await uploads.forgetUrls(sql, removed);
  return removed.length;
}
