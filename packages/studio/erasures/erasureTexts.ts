import { erasedWithinSeconds } from "@keepsake/contract/schedules";
import type { Erasure } from "@keepsake/contract/schemas";
import { formatBytes, formatDate, pluralize } from "../ui/format.ts";

/** What becomes of the files, and when: zero is never said of files that are still to be removed. */
export function filesText(erasure: Erasure, sweepMinutes: number): string {
  const { objects, bytes, created_at, done_at } = erasure;
  const removed = `${pluralize(objects, "file")}, ${formatBytes(bytes)}`;
  if (done_at) return objects === 0 ? "There were none to remove" : `${removed} removed`;
  if (objects > 0) return `${removed} removed so far`;
  const seconds = erasedWithinSeconds(sweepMinutes);
  return Date.now() < Date.parse(created_at) + seconds * 1_000
    ? `Being removed: within ${seconds} seconds their addresses stop working`
    : "None found yet: what is found later is removed too";
}

/** What became of the CDN's copies; null where there is no CDN. */
export const cacheText = ({ purge }: Erasure) =>
  purge === "not_configured" ? null : purges[purge ?? "pending"];

const purges = {
  confirmed: "Cleared",
  failed: "Could not be cleared yet",
  pending: "Being cleared",
};

export const finishedText = ({ done_at }: Erasure) =>
  done_at ? formatDate(done_at) : "Not yet: a last check follows 16 minutes after the deletion";
