import { KeepsakeError } from "@keepsake/client";
import type { QueuedFile } from "@keepsake/client/react";

/**
 * Its attempts failed because nothing answers, which will pass: it is sent again by itself. The queue gives such files up
 * after half a minute.
 */
export const waitsForConnection = ({ status, error, canRetry }: QueuedFile): boolean =>
  status === "offline" ||
  (status === "failed" &&
    canRetry &&
    error instanceof KeepsakeError &&
    error.code === "service.unavailable" &&
    !/reload/.test(error.message)); // a part of the page is gone

export const isPublished = ({ status }: QueuedFile): boolean => status === "published";

/** A person has to do something about it. */
export const hasFailed = (file: QueuedFile): boolean =>
  file.status === "failed" && !waitsForConnection(file);

/** It is being sent, or will be. */
export const isActive = (file: QueuedFile): boolean =>
  !isPublished(file) && !hasFailed(file) && file.status !== "cancelled";

/** Nothing of it is published unless it is sent again or finished: closing the page would lose it if it is not stored. */
export const isUnfinished = (file: QueuedFile): boolean =>
  isActive(file) || (file.status === "failed" && file.canRetry);
