import type { KeepsakeError } from "../keepsakeError.ts";
import type { PublishedImage } from "../publishedImage.ts";

/**
 * `waiting` for its turn, or until the server takes more uploads. `offline`: the connection failed, and the file is
 * sent again when it is back. `checking`: it is sent and being published, and can no longer be cancelled.
 */
export type UploadStatus =
  | "waiting"
  | "offline"
  | "uploading"
  | "checking"
  | "published"
  | "failed"
  | "cancelled";

export type QueuedFile = {
  id: string;
  file: File;
  status: UploadStatus;
  /** The part of its bytes that is sent: 0 to 1. */
  progress: number;
  /** The published image. */
  image?: PublishedImage | undefined;
  /** Why it failed, or why it waits. An error that is not the API's own is passed as it was thrown. */
  error?: KeepsakeError | Error | undefined;
  /** Whether `retry` sends it again: it failed or was cancelled, and may succeed. */
  canRetry: boolean;
};

/** Of the files that were added since the queue was last idle, without those that failed or were cancelled. */
export type TotalProgress = {
  sentBytes: number;
  totalBytes: number;
  /** 0 to 1. */
  fraction: number;
  published: number;
  total: number;
  /** Files of the same batch that failed. They are not in `total`. */
  failed: number;
};

/** Neither published nor failed nor cancelled. */
export const isUnfinished = (file: Pick<QueuedFile, "status">): boolean =>
  isCancellable(file) || file.status === "checking";

/** Not sent as a whole yet. */
export const isCancellable = ({ status }: Pick<QueuedFile, "status">): boolean =>
  status === "waiting" || status === "offline" || status === "uploading";

export function progressOf(batch: readonly QueuedFile[]): TotalProgress {
  const progress = { sentBytes: 0, totalBytes: 0, published: 0, total: 0, failed: 0 };
  for (const { file, status, progress: part } of batch) {
    if (status === "failed") progress.failed += 1;
    if (status === "failed" || status === "cancelled") continue;
    progress.total += 1;
    progress.totalBytes += file.size;
    progress.sentBytes += Math.round(part * file.size);
    if (status === "published") progress.published += 1;
  }
  const { sentBytes, totalBytes } = progress;
  return { ...progress, fraction: totalBytes > 0 ? sentBytes / totalBytes : 0 };
}
