import { connect } from "@keepsake/adapters/cloud/postgres";
import { telegramBot } from "@keepsake/adapters/platforms/telegram";
import { routes } from "@keepsake/contract/routes";
import { countFailed } from "../deadLetters/deadLetters.sql.ts";
import { readIssuer } from "../issuerKeys.ts";
import { hasBot } from "../links.ts";
import { migrationStatus } from "../migrationStatus.ts";
import { countWithout } from "../variants/variants.ts";
import { type Check, CheckFailed, type Configuration } from "./check.ts";
import { databaseUrlChecks } from "./databaseUrlCheck.ts";
import { queueChecks } from "./queueChecks.ts";

/** Checks of Postgres, the queues, the token issuer and Telegram. They only read. */
export function dependencyChecks(configuration: Configuration): Check[] {
  return [
    database(configuration),
    ...databaseUrlChecks(configuration),
    ...queueChecks(configuration),
    failedRows(configuration),
    picturesWithoutCopies(configuration),
    issuer(configuration),
    webhook(configuration),
  ];
}

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

/** Reads the issuer's keys as the functions do. */
function issuer({ jwtIssuer, isLocal }: Configuration): Check {
  return {
    subject: `The token issuer ${jwtIssuer}`,
    advice: "check JWT_ISSUER, and that it can be reached from the internet",
    async run(signal) {
      if (jwtIssuer === undefined)
        return {
          mark: "--",
          text: `JWT_ISSUER is not set: no issuer to check${isLocal ? "" : ". If the stage has one, set it in .env.<stage>"}`,
        };

      const { usable } = await readIssuer(jwtIssuer, signal);
      return `${jwtIssuer} is reachable; keys: ${usable}`;
    },
  };
}

function webhook({ telegram, isLocal }: Configuration): Check {
  return {
    subject: "Telegram",
    advice: "check TelegramBotToken: @BotFather shows it",
    async run() {
      if (!hasBot(telegram))
        return { mark: "--", text: "This stage has no Telegram bot: nothing to check" };
      const info = await telegramBot(telegram).getWebhookInfo();
      const register = isLocal
        ? "restart npm start, which registers it"
        : "run npm run telegram:webhook -- --stage …";
      if (!info.url) throw new CheckFailed("Telegram has no webhook", register);
      if (!info.url.endsWith(routes.telegramRehost.path))
        throw new CheckFailed(
          `Telegram sends updates to another webhook, at ${new URL(info.url).host}`,
          register,
        );

      const pending = `${info.pending_update_count} updates pending`;
      const sinceSeconds = Date.now() / 1_000 - (info.last_error_date ?? 0);
      if (sinceSeconds < recentSeconds)
        throw new CheckFailed(
          `Telegram could not deliver an update to the webhook ${Math.round(sinceSeconds / 60)} min ago (${info.last_error_message}); ${pending}`,
          `read the log of telegramRehost; if the webhook got a 401, ${register}`,
        );
      return `Telegram sends updates to ${new URL(info.url).host}; ${pending}`;
    },
  };
}

/** Telegram keeps reporting its last error; an older one is ignored. */
const recentSeconds = 60 * 60;
