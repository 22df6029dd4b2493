import { AppError } from "@keepsake/contract/errors";
import type { ExportErrorCode } from "@keepsake/contract/exportSchemas";
import { limits } from "@keepsake/contract/limits";
import type { ExportMessage } from "@keepsake/contract/messages";
import { endExports } from "../images/endExports.ts";
import * as objectKeys from "../images/objectKeys.ts";
import { PermanentError, reasonOf } from "../outsideServiceErrors.ts";
import type { Services } from "../ports.ts";
import { retryPolicy } from "../retryPolicy.ts";
import { sendOrMarkUnsent } from "../sendOrMarkUnsent.ts";
import * as rows from "./exportFiles.sql.ts";
import { keepLease } from "./keepLease.ts";
import { writeZip } from "./writeZip.ts";

/** What a message has led to: `written` while other zips of the export are not, `cancelled` when it is not wanted any more. */
export type ExportOutcome = {
  status: "ready" | "written" | "pending" | "failed" | "cancelled";
  attempts: number;
  bytes?: number;
  /** An error code, or of an error that may pass its name. */
  reason?: string;
  cause?: unknown;
};

type ExportServices = Pick<
  Services,
  "sql" | "images" | "privateImages" | "decoder" | "exportStore" | "exportQueue"
> & {
  /** Called once it is in the row. */
  onOutcome: (message: ExportMessage, outcome: ExportOutcome) => void;
  /** How often a lease is renewed; every 20 seconds when not given. */
  renewSeconds?: number;
};

const policy = retryPolicy("ExportQueue");

/**
 * Writes a zip of an export and queues the next one; with the last one the export is ready. An error that repeats ends the export as
 * failed; after any other the sweep queues the zip again, until its attempts are used up. Safe to repeat: a zip that
 * is written, or that another consumer is writing, is left alone. Stops within 20 seconds of the export's deletion.
 */
export async function exportDataset(
  services: ExportServices,
  messages: ExportMessage[],
): Promise<ExportMessage[]> {
  for (const message of messages) {
    const file = await rows.claim(services.sql, message, policy);
    if (file) services.onOutcome(message, await writeFile(services, file));
  }
  return [];
}

async function writeFile(services: ExportServices, file: rows.ClaimedFile): Promise<ExportOutcome> {
  const { sql, exportQueue } = services;
  const { attempts } = file;
  const lease = keepLease(services, file, services.renewSeconds);
  try {
    const zip = await writeZip(services, file, lease.signal);
    const { status, next } = await rows.finish(sql, file, zip, limits.export_seconds);
    await sendOrMarkUnsent(exportQueue, next, (unsent) => rows.markUnsent(sql, unsent));
    if (status !== "lost") return { status, attempts, bytes: zip.bytes };
  } catch (cause) {
    if (!lease.signal.aborted) return await failOrPostpone(services, file, cause);
  } finally {
    await lease.stop();
  }
  await removeUnwanted(services, file);
  return { status: "cancelled", attempts };
}

async function failOrPostpone(
  { sql }: ExportServices,
  file: rows.ClaimedFile,
  cause: unknown,
): Promise<ExportOutcome> {
  const { export_id, attempts } = file;
  if (!(await rows.isWanted(sql, file))) return { status: "cancelled", attempts };
  const reason = cause instanceof AppError ? cause.code : reasonOf(cause);
  const error = finalError(cause, attempts, reason);
  if (!error) {
    await rows.postpone(sql, file, reason, firstRetrySeconds * 2 ** (attempts - 1));
    return { status: "pending", attempts, reason, cause };
  }
  await sql.begin((tx) =>
    endExports(tx, { export_ids: [export_id] }, { status: "failed", ...error }),
  );
  return { status: "failed", attempts, reason, cause };
}

/** The next attempts are due after 30 seconds, then after twice as long each time. */
const firstRetrySeconds = 30;

/** What to save of an error that repeats, or of the last attempt's. */
function finalError(
  cause: unknown,
  attempts: number,
  reason: string,
): { error_code: ExportErrorCode; error: string } | undefined {
  if (cause instanceof AppError && isPermanent(cause.code))
    return { error_code: cause.code, error: cause.message };
  if (cause instanceof PermanentError) return { error_code: "export.failed", error: cause.message };
  if (attempts < policy.maxAttempts) return undefined;
  return {
    error_code: "export.failed",
    error: `The export could not be written in ${attempts} attempts (${reason}): start a new one`,
  };
}

const permanentCodes = [
  "image.deleted",
  "image.damaged",
  "image.bad_dimensions",
  "image.too_complex",
] as const satisfies ExportErrorCode[];

const isPermanent = (code: string): code is (typeof permanentCodes)[number] =>
  permanentCodes.some((permanent) => permanent === code);

/**
 * Removes what was written of an export that has ended meanwhile: earlier than its erasure does, which removes it in
 * any case. Of one that another consumer is writing, everything stays.
 */
async function removeUnwanted({ sql, exportStore }: ExportServices, file: rows.ClaimedFile) {
  const key = objectKeys.exportFile(file.export_id, file.file_index);
  try {
    if (!(await rows.isWanted(sql, file))) await exportStore.remove(key);
  } catch {
    // left to the erasure
  }
}
