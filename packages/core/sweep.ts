import type { SweepEvent } from "@keepsake/contract/messages";
import { staleAfterSeconds } from "@keepsake/contract/queues";
import * as portraits from "./portraits.sql.ts";
import type { Services } from "./ports.ts";
import * as requests from "./requests.sql.ts";

const staleness = { staleAfterSeconds: staleAfterSeconds("PortraitQueue"), maxRequeues: 3 };
const portraitsPerRun = 1_000;

/**
 * Finishes what was left behind: re-queues pending portraits that no queue holds any more, gives up
 * those that were re-queued three times, and drops idempotency keys of yesterday. Bounded, and safe to
 * run twice at once. `queue_lost` first counts every pending portrait as not queued.
 */
export async function sweep(
  { sql, portraitQueue }: Pick<Services, "sql" | "portraitQueue">,
  { queue_lost }: SweepEvent,
) {
  if (queue_lost) await portraits.forgetQueue(sql);
  const { count: failed } = await portraits.giveUp(sql, staleness);

  const taken = await portraits.takeStale(sql, staleness, portraitsPerRun);
  const unsent = await portraitQueue.send([...taken]);
  if (unsent.length > 0) await portraits.markUnsent(sql, unsent);

  await requests.dropOld(sql);
  return { requeued: taken.length - unsent.length, unsent: unsent.length, failed };
}
