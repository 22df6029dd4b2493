import type { ExportMessage } from "@keepsake/contract/messages";
import type { ExportOutcome } from "@keepsake/core/exports/exportDataset";
import { logger, serializeError } from "./log.ts";

/** Logs what became of a zip: for an operator when it is to be tried again, or its export has failed. */
export function logExportOutcome(message: ExportMessage, { cause, ...outcome }: ExportOutcome) {
  const { status } = outcome;
  const level = status === "pending" ? "warn" : status === "failed" ? "error" : "info";
  logger[level]("export", {
    ...message,
    ...outcome,
    ...(cause !== undefined && { error: serializeError(cause) }),
  });
}
