import type { ExportMessage } from "@keepsake/contract/messages";
import { endExports } from "../images/endExports.ts";
import type { PendingRows } from "../requeuing.ts";
import { claimStale, findWaiting, markUnsent } from "./exportFiles.sql.ts";

const exportsPerRun = 500;

/** The zips that a sweep queues again. */
export const pendingExportFiles: PendingRows<ExportMessage> = {
  /** Ends exports of which the last allowed attempt to write a zip did not run to its end. */
  async failExhausted(sql, { maxAttempts }) {
    const failed = await sql.begin((tx) =>
      endExports(
        tx,
        { exhausted: { maxAttempts, limit: exportsPerRun } },
        {
          status: "failed",
          error_code: "export.failed",
          error: `Gave up after ${maxAttempts} attempts: the last one did not run to its end. Start a new export with a smaller \`size\`, or of fewer images`,
        },
      ),
    );
    return { count: failed.length };
  },
  claimStale,
  markUnsent,
  findWaiting,
};
