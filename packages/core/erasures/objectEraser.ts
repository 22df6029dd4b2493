import { isExportFileKey } from "../exportFileKey.ts";
import type { Bucket, BucketName, PurgeBy, Services } from "../ports.ts";
import * as rows from "./erasures.sql.ts";
import * as purges from "./purges.sql.ts";

type ErasingServices = Pick<
  Services,
  "sql" | "images" | "privateImages" | "exportStore" | "incoming" | "cdn"
> &
  OnNotRemoved;

export type OnNotRemoved = {
  /** Called once per batch with how many objects could not be removed, and why the first was not. */
  onNotRemoved: (objects: number, error: unknown) => void;
};

/** Removed at once. The S3 client opens at most 50 connections. */
export const objectsAtOnce = 100;
const purgesAtOnce = 5;

/**
 * Erases for all owners in turns. Each `turn` removes and purges one batch of what is due, and resolves to
 * how many objects were removed, and whether nothing more is due. `finish` ends the erasures that have
 * nothing left to do. Purges by prefix wait for full calls, because few are allowed; `isLast` sends what
 * there is.
 */
export function erasing(services: ErasingServices) {
  const stopped = new Set<PurgeBy>();
  let waitForPrefix = 0;
  const purge = async (by: PurgeBy) => {
    if (stopped.has(by)) return 0;
    const { claimed, mayContinue } = await purgeDue(services, by);
    if (!mayContinue) stopped.add(by);
    return mayContinue ? claimed : 0;
  };

  return {
    async turn(isLast: () => boolean): Promise<{ removed: number; isDone: boolean }> {
      const { claimed, removed } = await removeDue(services);
      const purged = await purge("url");
      waitForPrefix += purged;
      const isIdle = claimed === 0 && purged === 0;
      if (!isIdle && !isLast() && waitForPrefix < purgesAtOnce * services.cdn.limits.prefix.urls)
        return { removed, isDone: false };
      waitForPrefix = 0;
      const purgedByPrefix = await purge("prefix");
      return { removed, isDone: isIdle && purgedByPrefix === 0 };
    },
    finish: () => rows.finish(services.sql),
  };
}

/** An object that could not be removed is due again when its lease ends. */
async function removeDue(services: ErasingServices) {
  const { sql, images, incoming } = services;
  const buckets: Record<BucketName, Remover> = {
    images,
    incoming,
    private: privateBucket(services),
  };
  const due = await rows.claimDue(sql, objectsAtOnce);
  const attempts = await Promise.allSettled(
    due.map(async (object) => {
      const bytes = await buckets[object.bucket].remove(object.key);
      return { ...object, bytes: bytes ?? null };
    }),
  );
  const removed = attempts.flatMap((attempt) =>
    attempt.status === "fulfilled" ? [attempt.value] : [],
  );
  const failed = attempts.filter((attempt) => attempt.status === "rejected");
  if (failed[0]) services.onNotRemoved(failed.length, failed[0].reason);
  if (removed.length > 0) await rows.markRemoved(sql, removed);
  return { claimed: due.length, removed: removed.length };
}

type Remover = Pick<Bucket, "remove">;

/** Of a zip, what is being written is aborted first: it may not become an object afterwards. */
const privateBucket = ({ privateImages, exportStore }: ErasingServices): Remover => ({
  async remove(key) {
    if (!isExportFileKey(key)) return privateImages.remove(key);
    await exportStore.abortUnfinished(key);
    const bytes = await exportStore.remove(key);
    return bytes && Math.min(bytes, maxCountedBytes);
  },
});

/** The column is an integer; a zip of images that are encoded anew may be larger than was expected. */
const maxCountedBytes = 2 ** 31 - 1;

/** Sends the purges of one kind that are due. When one fails, or none may be sent, it is the next sweep's turn. */
async function purgeDue({ sql, images, cdn }: ErasingServices, by: PurgeBy) {
  const { urls: urlsPerPurge, perMinute } = cdn.limits[by];
  const claimed = await purges.claimDue(sql, by, purgesAtOnce * urlsPerPurge);
  if (claimed.length === 0) return { claimed: 0, mayContinue: true };

  const groups = inGroups(claimed, urlsPerPurge);
  const granted = Number.isFinite(perMinute)
    ? await purges.take(sql, by, groups.length, perMinute)
    : groups.length;
  const sent = groups.slice(0, granted);
  const outcomes = await Promise.all(
    sent.map((group) => {
      const urls = group.map(({ key }) => images.url(key));
      return cdn.purge(urls, by);
    }),
  );
  for (const outcome of new Set(outcomes)) {
    const objects = sent.filter((_, index) => outcomes[index] === outcome).flat();
    await purges.saveOutcome(sql, by, objects, outcome);
  }
  const unsent = groups.slice(granted).flat();
  if (unsent.length > 0) await purges.release(sql, by, unsent);
  const mayContinue = unsent.length === 0 && !outcomes.includes("failed");
  return { claimed: claimed.length, mayContinue };
}

function inGroups<T>(items: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, index * size + size),
  );
}
