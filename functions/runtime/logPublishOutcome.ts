import type { OnOutcome } from "@keepsake/core/publishOutcome";
import { logger, serializeError } from "./log.ts";
import { metricFields } from "./metrics.ts";

/** Logs what became of an image: for an operator when it is to be tried again, or never again. */
export const logPublishOutcome: OnOutcome<object> = (message, { cause, ...outcome }) => {
  const { status } = outcome;
  const level = status === "pending" ? "warn" : status === "failed" ? "error" : "info";
  logger[level]("image", {
    ...message,
    ...outcome,
    ...(cause !== undefined && { error: serializeError(cause) }),
    ...(status === "published" && metricFields({ published: 1 })),
    ...(status === "rejected" && metricFields({ rejected: 1 })),
  });
};
