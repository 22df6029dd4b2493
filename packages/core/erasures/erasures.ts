import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import type { Erasure } from "@keepsake/contract/schemas";
import type { TransactionSql } from "postgres";
import { v7 as uuidv7 } from "uuid";
import type { Services } from "../ports.ts";
import * as rows from "./erasures.sql.ts";

export type ObjectToErase = {
  bucket: "images" | "incoming";
  key: string;
  /** ISO 8601. Removed earlier, a presigned URL could write the object again. */
  notBefore?: string | null;
  /** ISO 8601. Until then a request in flight may still write the object. */
  notFinalBefore?: string | null;
};

/** Longer than any Lambda runs: whatever started before the deletion has ended by then. */
const maxInFlightMs = 16 * 60_000;

/** Lists objects to remove, in the transaction that deletes their rows. The sweep removes them. */
export function start(
  tx: TransactionSql,
  owner_id: string,
  objects: ObjectToErase[],
): Promise<Erasure> {
  const now = new Date().toISOString();
  const afterInFlight = new Date(Date.now() + maxInFlightMs).toISOString();
  const listed = objects.map(({ bucket, key, notBefore, notFinalBefore }) => ({
    bucket,
    key,
    erase_after: later(now, notBefore),
    final_after: later(afterInFlight, notFinalBefore),
  }));
  return rows.insert(tx, { erasure_id: uuidv7(), owner_id }, listed);
}

/** The receipt of a deletion: what was removed so far, and whether it is done. */
export async function get(
  { sql }: Pick<Services, "sql">,
  { owner_id, erasure_id }: Input<"getErasure"> & { owner_id: string },
): Promise<Output<"getErasure">> {
  const erasure = await rows.find(sql, owner_id, erasure_id);
  if (!erasure)
    throw new AppError("erasure.not_found", "There is no such erasure among yours: check the id");
  return { erasure };
}

/**
 * Removes up to `limit` objects that are due, purges them from the CDN, and finishes the erasures that
 * have no object left. Resolves to how many objects were removed.
 */
export async function eraseDue(
  services: Pick<Services, "sql" | "images" | "incoming" | "cdn">,
  limit: number,
): Promise<number> {
  const { sql, images, cdn } = services;
  const due = await rows.claimDue(sql, limit);
  const attempts = await Promise.allSettled(
    due.map(async (object) => {
      const bytes = await services[object.bucket].remove(object.key);
      return { ...object, bytes: bytes ?? null };
    }),
  );
  const removed = attempts.flatMap((attempt) =>
    attempt.status === "fulfilled" ? [attempt.value] : [],
  );

  const published = removed.filter(({ bucket }) => bucket === "images");
  if (published.length > 0) {
    const purge = await cdn.purge(published.map(({ key }) => images.url(key)));
    const erasure_ids = new Set(published.map(({ erasure_id }) => erasure_id));
    await rows.savePurge(sql, [...erasure_ids], purge);
  }
  if (removed.length > 0) await rows.markRemoved(sql, removed);
  await rows.finish(sql);
  return removed.length;
}

const later = (time: string, other: string | null | undefined) =>
  other && other > time ? other : time;
