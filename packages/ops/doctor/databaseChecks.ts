import { connect } from "@keepsake/adapters/cloud/postgres";
import { countFailed } from "../deadLetters/deadLetters.sql.ts";
import { migrationStatus } from "../migrationStatus.ts";
import { countWithout } from "../variants/variants.ts";
import { type Check, CheckFailed, type Configuration } from "./check.ts";
import { databaseUrlChecks } from "./databaseUrlCheck.ts";

/** Checks of Postgres, its migrations, and what rows say: failed ones, and pictures without copies. They only read. */
export const databaseChecks = (configuration: Configuration): Check[] => [
  database(configuration),
  ...databaseUrlChecks(configuration),
  failedRows(configuration),
  picturesWithoutCopies(configuration),
];

function database({ database, isLocal }: Configuration): Check {
  return {
    subject: "Postgres",
    advice: "check DatabaseUrl, and that the database accepts connections from here",
    async run() {
      const sql = connect({ ...database, pool: 1 });
      try {
        const { missing, known, applied } = await migrationStatus(sql);
        if (missing.length > 0)
          throw new CheckFailed(
            `Postgres is missing ${missing.length} of ${known} migrations (${missing.join(", ")})`,
            `run npm run migrate${isLocal ? " with DATABASE_URL" : " -- --stage …"}`,
          );
        if (applied > known)
          return {
            mark: "--",
            text: `Postgres has ${applied} migrations and this code ${known}: the code is older than the database`,
          };
        return `Postgres is reachable and has all ${known} migrations`;
      } finally {
        await sql.end({ timeout: 1 });
      }
    },
  };
}

function failedRows({ database, isLocal }: Configuration): Check {
  const stage = isLocal ? "" : " --stage …";
  return {
    subject: "Failed portraits and images",
    advice: "check DatabaseUrl, and that the database has all migrations",
    async run() {
      const sql = connect({ ...database, pool: 1 });
      try {
        // the check of Postgres reports a database that does not answer or is not migrated
        const failed = await countFailed(sql).catch(() => undefined);
        if (!failed)
          return { mark: "--", text: "failed portraits, images and events could not be counted" };
        const { portraits, images, events } = failed;
        if (portraits + images + events > 0)
          throw new CheckFailed(
            `${portraits} portraits, ${images} images and ${events} events have failed`,
            `npm run dlq -- list${stage} shows why; fix the cause, then run npm run dlq -- redrive${stage}`,
          );
        return "No portraits, images or events have failed";
      } finally {
        await sql.end({ timeout: 1 });
      }
    },
  };
}

function picturesWithoutCopies({ database, isLocal }: Configuration): Check {
  const stage = isLocal ? "" : " --stage …";
  return {
    subject: "Smaller copies of pictures",
    advice: "check DatabaseUrl, and that the database has all migrations",
    async run() {
      const sql = connect({ ...database, pool: 1 });
      try {
        const without = await countWithout({ sql }).catch(() => undefined);
        if (!without)
          return { mark: "--", text: "pictures without smaller copies could not be counted" };
        const { images, portraits } = without;
        if (images + portraits === 0) return "Every published picture has its smaller copies";
        return {
          mark: "--",
          text: `${images} images and ${portraits} portraits of an earlier release have no smaller copies: npm run backfill -- --variants${stage} makes them`,
        };
      } finally {
        await sql.end({ timeout: 1 });
      }
    },
  };
}
