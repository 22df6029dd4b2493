import { connect } from "@keepsake/adapters/cloud/postgres";
import { erasedWithinSeconds } from "@keepsake/contract/schedules";
import { secondsOverdue } from "@keepsake/core/erasures/erasures.sql";
import { type Check, CheckFailed, type Configuration } from "./check.ts";

/** Whether the sweep runs: objects that are due for erasing wait no longer than its interval. */
export function sweepCheck({ database, sweepMinutes, isLocal }: Configuration): Check {
  const interval = sweepMinutes === 1 ? "every minute" : `every ${sweepMinutes} minutes`;
  const limitSeconds = erasedWithinSeconds(sweepMinutes);
  return {
    subject: "The sweep",
    advice: "check DatabaseUrl, and that the database has all migrations",
    async run() {
      const sql = connect({ ...database, pool: 1 });
      try {
        // the check of Postgres reports a database that does not answer or is not migrated
        const seconds = await secondsOverdue(sql).catch(() => undefined);
        if (seconds === undefined) return { mark: "--", text: "the sweep could not be checked" };
        if (seconds > limitSeconds)
          throw new CheckFailed(
            `The sweep should run ${interval}, but an object has waited ${Math.round(seconds)} s to be removed`,
            isLocal
              ? "start npm start, with the same SWEEP_MINUTES"
              : "check that SWEEP_MINUTES is the deployed value, and read the log of sweep",
          );
        return `The sweep runs ${interval}: deleted objects are removed within ${limitSeconds} s`;
      } finally {
        await sql.end({ timeout: 1 });
      }
    },
  };
}
