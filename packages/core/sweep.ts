import { setTimeout as sleep } from "node:timers/promises";
import type {
  EventMessage,
  PortraitMessage,
  RehostMessage,
  SweepEvent,
  UploadMessage,
} from "@keepsake/contract/messages";
import * as generations from "./characters/generations.sql.ts";
import * as erasures from "./erasures/erasures.sql.ts";
import { erasing, type OnNotRemoved } from "./erasures/objectEraser.ts";
import * as events from "./events/events.sql.ts";
import { expireExports } from "./exports/expireExports.ts";
import * as exportFiles from "./exports/exportFiles.sql.ts";
import * as exports from "./exports/exports.sql.ts";
import { pendingExportFiles } from "./exports/pendingExportFiles.ts";
import * as objectKeys from "./images/objectKeys.ts";
import { removeSourceUrls } from "./images/removeSourceUrls.sql.ts";
import { addUp } from "./owners/addUpTotals.sql.ts";
import * as portraits from "./portraits/portraits.sql.ts";
import * as replacedPortraits from "./portraits/replacedPortraits.sql.ts";
import type { Services } from "./ports.ts";
import * as rehosts from "./rehosts/queuedRehosts.sql.ts";
import * as requests from "./requests/idempotency.sql.ts";
import { type PendingRows, requeuing } from "./requeuing.ts";
import { retryPolicy } from "./retryPolicy.ts";
import { deleteRejected } from "./sentImages/createImage.sql.ts";
import { removeUnfinished } from "./sentImages/removeUnfinishedImages.ts";
import * as telegram from "./telegram/telegram.sql.ts";
import * as pendingUploads from "./uploads/pendingUploads.sql.ts";
import * as uploads from "./uploads/uploads.sql.ts";

const objectsPerTurn = 500;
/** Unfinished images, of which each may have 5 objects. */
const imagesPerTurn = 100;
const urlsPerTurn = 500;
const exportsPerTurn = 100;
export const rowsPerRun = 10_000;
/** When a run begins no further round, counted from its start: it is killed after 60 s. */
export const lastRoundMs = 45_000;
/** Between rounds that found nothing to do but wait for consumers. */
const pauseMs = 200;

/**
 * Finishes work that was left unfinished: queues again what is no longer in a queue, queues uploads that were
 * not completed, queues events whose next attempt is due, ends exports that have expired, removes images that their requests left unfinished and objects
 * that are due for erasing, and deletes expired idempotency keys, links, counters, exports and events. It works in rounds until nothing is left or its time is up. In each round every kind of work has one turn of
 * bounded size, so that a backlog of one kind delays no other. Two runs at once are safe.
 */
export async function sweep(
  services: Pick<
    Services,
    | "sql"
    | "portraitQueue"
    | "rehostQueue"
    | "uploadQueue"
    | "exportQueue"
    | "eventQueue"
    | "images"
    | "privateImages"
    | "exportStore"
    | "incoming"
    | "cdn"
  > &
    OnNotRemoved,
  { queue_lost }: SweepEvent,
) {
  const { sql, portraitQueue, rehostQueue, uploadQueue, exportQueue, eventQueue } = services;
  const deadline = performance.now() + lastRoundMs;
  const isLast = () => performance.now() >= deadline;
  await events.setOn(sql, eventQueue !== undefined);
  if (queue_lost)
    await Promise.all([
      portraits.requeueAllPending(sql),
      rehosts.requeueAllPending(sql),
      pendingUploads.requeueAllPending(sql),
      exportFiles.requeueAllPending(sql),
      events.requeueAllPending(sql),
    ]);

  const requeued = {
    portraits: requeuing(services, pendingPortraits, portraitQueue, retryPolicy("PortraitQueue")),
    rehosts: requeuing(services, pendingRehosts, rehostQueue, retryPolicy("RehostQueue")),
    uploads: requeuing(services, uploadsLeft, uploadQueue, retryPolicy("UploadQueue")),
    exports: requeuing(services, pendingExportFiles, exportQueue, retryPolicy("ExportQueue")),
    events: eventQueue && requeuing(services, dueEvents, eventQueue, retryPolicy("EventQueue")),
  };
  const erasure = erasing(services);
  const counts = { spent: 0, erased: 0 };
  let turns: Turn[] = [
    requeued.portraits.turn,
    requeued.rehosts.turn,
    requeued.uploads.turn,
    requeued.exports.turn,
    ...(requeued.events ? [requeued.events.turn] : []),
    async () => {
      const removed = await removeIncoming(services);
      counts.spent += removed;
      return { isDone: removed < objectsPerTurn };
    },
    async () => ({ isDone: (await removeUnfinished(services, imagesPerTurn)) < imagesPerTurn }),
    async () => ({ isDone: (await expireExports(services, exportsPerTurn)) < exportsPerTurn }),
    async () => ({ isDone: (await removeSourceUrls(sql, urlsPerTurn)) < urlsPerTurn }),
  ];
  for (let isErased = false; !isErased || turns.length > 0; ) {
    const results = await inOrder(turns);
    turns = turns.filter((_, index) => !results[index]!.isDone);
    // a turn of another kind may have listed objects, so erasing has one in every round
    const { removed, isDone } = await erasure.turn(isLast);
    counts.erased += removed;
    isErased = isDone;
    if (isLast()) break;
    if (isErased && turns.length > 0 && results.every(({ isIdle }) => isIdle)) await sleep(pauseMs);
  }
  await erasure.finish();
  await Promise.all([
    generations.deleteExpired(sql, rowsPerRun),
    requests.deleteExpired(sql, rowsPerRun),
    replacedPortraits.deleteOld(sql, rowsPerRun),
    deleteRejected(sql, rowsPerRun),
    exports.deleteOld(sql, rowsPerRun),
    telegram.deleteExpiredLinks(sql),
    uploads.deleteExpiredUrls(sql, rowsPerRun),
    eventQueue ? events.deleteOld(sql, rowsPerRun) : events.deleteAny(sql, rowsPerRun),
    addUp(sql, rowsPerRun),
  ]);
  return {
    portraits: requeued.portraits.report,
    rehosts: requeued.rehosts.report,
    uploads: requeued.uploads.report,
    exports: requeued.exports.report,
    ...(requeued.events && { events: requeued.events.report }),
    ...counts,
    erasure_overdue_seconds: Math.round(await erasures.secondsUnfinished(sql)),
  };
}

/** Does one bounded part of a kind of work. `isIdle` when there was nothing to do yet. */
type Turn = () => Promise<{ isDone: boolean; isIdle?: boolean }>;

async function inOrder(turns: Turn[]) {
  const results: Awaited<ReturnType<Turn>>[] = [];
  for (const turn of turns) results.push(await turn());
  return results;
}

const pendingPortraits: PendingRows<PortraitMessage> = {
  failExhausted: portraits.failExhausted,
  claimStale: portraits.claimStale,
  markUnsent: portraits.markUnsent,
  findWaiting: portraits.findWaiting,
};
const pendingRehosts: PendingRows<RehostMessage> = {
  failExhausted: rehosts.failExhausted,
  claimStale: rehosts.claimStale,
  markUnsent: rehosts.markUnsent,
  findWaiting: rehosts.findWaiting,
};
const uploadsLeft: PendingRows<UploadMessage> = {
  failExhausted: pendingUploads.failExhausted,
  claimStale: pendingUploads.claimStale,
  markUnsent: pendingUploads.markUnsent,
  findWaiting: pendingUploads.findWaiting,
};

const dueEvents: PendingRows<EventMessage> = {
  failExhausted: events.failExhausted,
  claimStale: events.claimStale,
  markUnsent: events.markUnsent,
  findWaiting: events.findWaiting,
};

/**
 * Removes the incoming objects of finished uploads once their URL has expired. While the object exists, the
 * URL cannot write it again.
 */
async function removeIncoming({
  sql,
  incoming,
  onNotRemoved,
}: Pick<Services, "sql" | "incoming"> & OnNotRemoved) {
  const expired = await uploads.findExpiredUrls(sql, objectsPerTurn);
  const attempts = await Promise.allSettled(
    expired.map(async ({ image_id }) => {
      await incoming.remove(objectKeys.upload(image_id));
      return image_id;
    }),
  );
  const removed = attempts.flatMap((attempt) =>
    attempt.status === "fulfilled" ? [attempt.value] : [],
  );
  const failed = attempts.filter((attempt) => attempt.status === "rejected");
  if (failed[0]) onNotRemoved(failed.length, failed[0].reason);
  if (removed.length > 0) await uploads.clearUrls(sql, removed);
  return removed.length;
}
