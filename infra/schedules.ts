import {
  erasedWithinSeconds,
  type ScheduleName,
  schedules,
} from "../packages/contract/schedules.ts";
import { cdn, images, incoming, privateImages } from "./bucketLinks.ts";
import { database } from "./database.ts";
import { eventQueue, queues } from "./queues.ts";
import { sweepEveryMinutes } from "./settings.ts";

/** The links of each scheduled function. A new schedule does not compile without an entry. */
const links: Record<ScheduleName, object[]> = {
  sweep: [
    database,
    queues.PortraitQueue.queue,
    queues.RehostQueue.queue,
    queues.UploadQueue.queue,
    queues.ExportQueue.queue,
    ...eventQueue,
    images,
    privateImages,
    incoming,
    cdn,
  ],
};

/** How often each of them runs. */
export const everyMinutes: Record<ScheduleName, number> = { sweep: sweepEveryMinutes };

/**
 * Seconds after the final removal of a deleted object was due, when it counts as overdue: it waits for the
 * next sweep, then for a lease of two minutes when a removal failed, and for Cloudflare's purges.
 */
export const erasureOverdueSeconds = erasedWithinSeconds(everyMinutes.sweep) + 15 * 60;

/** The scheduled functions by name. A failed run is not retried: the next one does its work. */
export const crons = Object.fromEntries(
  Object.keys(schedules).map((name) => [name, declare(name as ScheduleName)]),
) as Record<ScheduleName, sst.aws.CronV2>;

function declare(name: ScheduleName) {
  const { timeoutSeconds } = schedules[name];
  const minutes = everyMinutes[name];
  return new sst.aws.CronV2(name[0].toUpperCase() + name.slice(1), {
    // AWS rejects "1 minutes"
    schedule: `rate(${minutes} minute${minutes === 1 ? "" : "s"})`,
    retries: 0,
    function: {
      handler: `functions/${name}.handler`,
      link: links[name],
      timeout: `${timeoutSeconds} seconds`,
      // a whole CPU: with 512 MB it removes some 100 objects a second, and one upload leaves one
      memory: "1769 MB",
      retries: 0,
    },
  });
}
