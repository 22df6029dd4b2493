import { readdir } from "node:fs/promises";
import { GetQueueAttributesCommand, type QueueAttributeName, SQSClient } from "@aws-sdk/client-sqs";
import { connect } from "@keepsake/adapters/cloud/postgres";
import { telegramBot } from "@keepsake/adapters/platforms/telegram";
import { queues as contract } from "@keepsake/contract/queues";
import { routes } from "@keepsake/contract/routes";
import { type Check, type Configuration, Wrong } from "./findings.ts";

/** What the other outside systems must be like. These checks only read. */
export function serviceChecks(configuration: Configuration): Check[] {
  const { queues, isLocal } = configuration;
  return [
    database(configuration),
    ...queues.flatMap((queue) => [queueCheck(queue, isLocal), deadLetters(queue)]),
    issuer(configuration),
    webhook(configuration),
  ];
}

function database({ database, isLocal }: Configuration): Check {
  return {
    about: "Postgres",
    advice: "check DatabaseUrl, and that the database takes connections from here",
    async run() {
      const sql = connect({ ...database, pool: 1 });
      try {
        const folder = new URL("../../core/migrations/", import.meta.url);
        const files = (await readdir(folder)).filter((file) => file.endsWith(".sql")).sort();
        const [counted] = await sql`select to_regclass('schema_migrations') is not null as known`;
        const rows = counted?.known ? await sql`select version from schema_migrations` : [];
        const applied = new Set(rows.map(({ version }) => version));
        const missing = files.filter((file) => !applied.has(file.split("_")[0]));
        if (missing.length > 0)
          throw new Wrong(
            `Postgres lacks ${missing.length} of ${files.length} migrations (${missing.join(", ")})`,
            `npm run migrate${isLocal ? " with DATABASE_URL" : " -- --stage …"}`,
          );
        if (rows.length > files.length)
          return {
            mark: "--",
            text: `Postgres has ${rows.length} migrations where this code knows ${files.length}`,
          };
        return `Postgres answers, with all ${files.length} migrations`;
      } finally {
        await sql.end({ timeout: 1 });
      }
    },
  };
}

type QueueLinks = Configuration["queues"][number];

function queueCheck({ name, url, deadLetterUrl }: QueueLinks, isLocal: boolean): Check {
  const { visibilitySeconds, receives } = contract[name];
  return {
    about: name,
    advice: queueAdvice,
    async run(signal) {
      const [queue, dead] = await Promise.all([
        attributes(url, ["VisibilityTimeout", "RedrivePolicy"], signal),
        attributes(deadLetterUrl, ["QueueArn"], signal),
      ]);
      const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(queue.RedrivePolicy ?? "{}");
      if (deadLetterTargetArn === undefined || deadLetterTargetArn !== dead.QueueArn)
        throw new Wrong(`${name} does not bury in ${name}Dead what fails`, "deploy");
      if (Number(maxReceiveCount) !== receives)
        throw new Wrong(
          `${name} delivers a message ${maxReceiveCount} times, and the sweep counts on ${receives}`,
          "deploy",
        );
      const seconds = Number(queue.VisibilityTimeout);
      if (isLocal && seconds < visibilitySeconds)
        return {
          mark: "--",
          text: `${name}: a message that failed comes back after ${seconds} s (deployed: ${visibilitySeconds})`,
        };
      if (seconds !== visibilitySeconds)
        throw new Wrong(
          `${name} hides a message for ${seconds} s, and its consumer needs ${visibilitySeconds}`,
          "deploy: nobody else may change the queue's visibility timeout",
        );
      return `${name}: hidden for ${seconds} s, delivered ${receives} times, then ${name}Dead`;
    },
  };
}

function deadLetters({ name, deadLetterUrl }: QueueLinks): Check {
  return {
    about: `${name}Dead`,
    advice: queueAdvice,
    async run(signal) {
      const counts = await attributes(
        deadLetterUrl,
        ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        signal,
      );
      const depth = Object.values(counts).reduce((sum, count) => sum + Number(count), 0);
      if (depth > 0)
        throw new Wrong(
          `${name}Dead is not empty: ${depth}`,
          "npm run dlq -- list shows why; mend the cause, then npm run dlq -- redrive",
        );
      return `${name}Dead is empty`;
    },
  };
}

async function attributes(
  QueueUrl: string,
  AttributeNames: QueueAttributeName[],
  signal: AbortSignal,
) {
  const sqs = new SQSClient({ endpoint: new URL(QueueUrl).origin, maxAttempts: 2 });
  try {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames });
    const { Attributes = {} } = await sqs.send(command, { abortSignal: signal });
    return Attributes as Partial<Record<QueueAttributeName, string>>;
  } finally {
    sqs.destroy();
  }
}

/** As API Gateway reads it: while a deployment is under way, and every few hours after. */
function issuer({ jwtIssuer, isLocal }: Configuration): Check {
  return {
    about: `The token issuer ${jwtIssuer}`,
    advice: "check JWT_ISSUER, and that anybody can reach it",
    async run(signal) {
      if (jwtIssuer === undefined && isLocal)
        return { mark: "--", text: "tokens are signed by the local system: no issuer to check" };
      if (jwtIssuer === undefined)
        throw new Wrong("JWT_ISSUER is not set", "set it as deployed, in .env.<stage>");

      const found = await json(
        `${jwtIssuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
        signal,
      );
      if (found.issuer !== jwtIssuer)
        throw new Wrong(
          `The token issuer calls itself ${found.issuer}, not ${jwtIssuer}`,
          "set JWT_ISSUER to exactly that, and deploy",
        );
      const { keys = [] } = (await json(`${found.jwks_uri}`, signal)) as {
        keys?: { kty: string }[];
      };
      const rsa = keys.filter(({ kty }) => kty === "RSA").length;
      if (rsa === 0)
        throw new Wrong(
          `${jwtIssuer} has no RSA keys`,
          "let it sign with RS256: API Gateway verifies nothing else",
        );
      return `${jwtIssuer} answers; RSA keys: ${rsa}`;
    },
  };
}

async function json(url: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  const answer = await fetch(url, { signal });
  if (!answer.ok) throw new Error(`${url} answers with ${answer.status}`);
  return (await answer.json()) as Record<string, unknown>;
}

function webhook({ telegram, isLocal }: Configuration): Check {
  return {
    about: "Telegram",
    advice: "check TelegramBotToken: @BotFather shows it",
    async run() {
      const info = await telegramBot(telegram).getWebhookInfo();
      const again = `npm run telegram:webhook -- --stage …${isLocal ? " (locally: npm start)" : ""}`;
      if (!info.url) throw new Wrong("Telegram has no webhook", again);
      if (!info.url.endsWith(routes.telegramRehost.path))
        throw new Wrong(`Telegram sends updates elsewhere, to ${new URL(info.url).host}`, again);

      const waiting = `${info.pending_update_count} updates wait`;
      const sinceSeconds = Date.now() / 1_000 - (info.last_error_date ?? 0);
      if (sinceSeconds < recentSeconds)
        throw new Wrong(
          `Telegram could not deliver ${Math.round(sinceSeconds / 60)} min ago (${info.last_error_message}); ${waiting}`,
          "look in the log of telegramRehost; a 401 means that the webhook must be registered again",
        );
      return `Telegram sends updates to ${new URL(info.url).host}; ${waiting}`;
    },
  };
}

/** An error that Telegram remembers for longer is history. */
const recentSeconds = 60 * 60;
const queueAdvice = "check the AWS credentials and the region, and that the stage is deployed";
