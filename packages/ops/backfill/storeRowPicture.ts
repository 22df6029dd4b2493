import { AppError } from "@keepsake/contract/errors";
import { PermanentError, RetryableError } from "@keepsake/core/outsideServiceErrors";
import type { ProductRow } from "./backfill.sql.ts";
import { DeletedError, NoOwnerError, type StoredPicture, type Target } from "./backfillTarget.ts";
import type { SkippedRow } from "./progressListener.ts";
import { type PictureSources, readPicture } from "./readPicture.ts";
import type { Note } from "./tolerantBase64.ts";

/** A picture that is durable, and whose row is to be written. */
export type MovedPicture = StoredPicture & { row: ProductRow; bytes: number; notes: Note[] };

export type FailedPicture = {
  row: ProductRow;
  outcome: SkippedRow["outcome"];
  reason: string;
  /** Set when the failure is not about this row. */
  cause?: Error;
};

export type MovingServices = {
  sources: PictureSources;
  target: Target;
  /** Of the file behind a URL. */
  maxFetchedBytes: number;
};

/** Stores the picture of one row. In a dry run it does everything but that, and the URL is empty. */
export async function movePicture(
  { sources, target, maxFetchedBytes }: MovingServices,
  row: ProductRow,
  { isDryRun }: { isDryRun: boolean },
): Promise<MovedPicture | FailedPicture> {
  try {
    target.check(row);
    const original = await readPicture(sources, row, maxFetchedBytes);
    row.value = null; // frees its memory before the whole batch is done
    const picture = await target.prepare(row, original.bytes);
    const notes = [...original.notes, ...picture.notes];
    const stored = isDryRun ? { url: "", remove: async () => {} } : await picture.store();
    return { row, bytes: picture.bytes, notes, ...stored };
  } catch (error) {
    return { row, ...failureOf(error) };
  }
}

/** Separates what can never be recovered from what may succeed later. */
function failureOf(error: unknown): Omit<FailedPicture, "row"> {
  if (error instanceof NoOwnerError) return { outcome: "no_owner", reason: error.message };
  if (error instanceof DeletedError) return { outcome: "changed", reason: error.message };
  if (error instanceof AppError || error instanceof PermanentError)
    return { outcome: "not_recoverable", reason: error.message };
  if (error instanceof RetryableError) return { outcome: "postponed", reason: error.message };
  const cause = error instanceof Error ? error : new Error("unknown error");
  return { outcome: "postponed", reason: `It could not be stored: ${cause.message}`, cause };
}
