import type { SweepEvent } from "@keepsake/contract/messages";
import { staleAfterSeconds } from "@keepsake/contract/queues";
import { eraseDue } from "./erasures.ts";
import { incomingKey } from "./keys.ts";
import * as portraits from "./portraits.sql.ts";
import type { Services } from "./ports.ts";
import * as requests from "./requests.sql.ts";
import * as uploads from "./uploads.sql.ts";

const staleness = { staleAfterSeconds: staleAfterSeconds("PortraitQueue"), maxRequeues: 3 };
const portraitsPerRun = 1_000;
const objectsPerRun = 500;

/**
 * Finishes what was left behind: re-queues portraits that no queue holds any more, ends uploads whose
 * time has passed, removes objects that are to be erased, forgets yesterday's idempotency keys. Bounded,
 * and safe to run twice at once.
 */
export async function sweep(
  services: Pick<Services, "sql" | "portraitQueue" | "images" | "incoming" | "cdn">,
  { queue_lost }: SweepEvent,
) {
  const { sql } = services;
  if (queue_lost) await portraits.forgetQueue(sql);
  const report = {
    ...(await requeuePortraits(services)),
    expired: (await uploads.expire(sql)).count,
    spent: await removeSpent(services),
    erased: await eraseDue(services, objectsPerRun),
  };
  await requests.dropOld(sql);
  return report;
}

/** Sends stale portraits again, and gives up those that were sent again three times. */
async function requeuePortraits({ sql, portraitQueue }: Pick<Services, "sql" | "portraitQueue">) {
  const { count: failed } = await portraits.giveUp(sql, staleness);
  const taken = await portraits.takeStale(sql, staleness, portraitsPerRun);
  const unsent = await portraitQueue.send([...taken]);
  if (unsent.length > 0) await portraits.markUnsent(sql, unsent);
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
      await incoming.remove(incomingKey(image_id));
      return image_id;
    }),
  );
  const removed = attempts.flatMap((attempt) =>
    attempt.status === "fulfilled" ? [attempt.value] : [],
  );
  if (removed.length > 0) await uploads.forgetUrls(sql, removed);
  return removed.length;
}
