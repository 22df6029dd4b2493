import { randomBytes } from "node:crypto";
import { type Client, createClient } from "@keepsake/client/client";
import { discordOrigins } from "@keepsake/contract/platformHosts";
import { type QueueName, queues } from "@keepsake/contract/queues";
import { startApiGateway } from "./aws/apiGateway.ts";
import { createQueues } from "./aws/createQueues.ts";
import { startEventSourceMapping } from "./aws/eventSourceMapping.ts";
import { startFunctionUrl } from "./aws/functionUrl.ts";
import { invoke } from "./aws/lambda.ts";
import { startScheduler } from "./aws/scheduler.ts";
import type { Backends } from "./backends.ts";
import { migrate } from "./commands/migrate.ts";
import { realIssuer, startIssuer } from "./embedded/issuer.ts";
import { loadFunctions } from "./functions.ts";
import { setLinks } from "./links.ts";

type StackOptions = {
  parts: Backends & { queuesForget?: boolean };
  /** 0 for any free port. */
  port: number;
  /** A real OIDC issuer, and what its tokens must be for; without it anybody is signed in. */
  auth?: { issuer: string; audience: string };
  /** Where the bot lives; nowhere when not given, and then nothing can be fetched or said. */
  telegram?: { api: string; botToken: string; botName: string };
  /** A provider that speaks OpenAI's API; the offline generator when not given. */
  ai?: { baseUrl: string; textModel: string; imageModel: string; apiKey: string };
  /** Where `streamCharacters` is served; any free port when not given. */
  streamPort?: number;
  /** `off` keeps the bot from answering pictures. */
  telegramReply?: string;
  /** Where Discord's attachments may be fetched from. */
  discordOrigins?: string[];
  webOrigins: string[];
  /** How soon a message that failed comes back; as deployed when not given. */
  visibilitySeconds?: number;
  /** False leaves messages in the queues: nothing consumes them. */
  consume?: boolean;
  /** Keeps the queues of stacks on the same SQS apart. */
  queuePrefix?: string;
};

export type Stack = Awaited<ReturnType<typeof startStack>>;

/**
 * Keepsake in this process, on the given parts: migrates the database, runs the deployed functions
 * behind an API gateway, on their queues and by the clock, and picks up what an earlier run left.
 */
export async function startStack(options: StackOptions) {
  const { parts, port, webOrigins, visibilitySeconds, consume = true } = options;
  const { queuePrefix: prefix = "" } = options;
  process.env.AWS_REGION ??= "us-east-1";
  process.env.AWS_ACCESS_KEY_ID ??= "local"; // Lambda has its role; the embedded SQS takes anybody
  process.env.AWS_SECRET_ACCESS_KEY ??= "local";

  const endpoint = parts.sqsEndpoint;
  const [{ sqs, urls, deadLetterUrls }, issuer] = await Promise.all([
    createQueues({ endpoint, prefix, visibilitySeconds }),
    options.auth ? realIssuer(options.auth) : startIssuer(),
    migrate(parts.databaseUrl),
  ]);
  const { telegram = nowhere, telegramReply: reply = "on" } = options;
  const webhookSecret = randomBytes(24).toString("hex");
  setLinks(parts, urls, deadLetterUrls, {
    telegram: { ...telegram, webhookSecret, reply },
    discordOrigins: options.discordOrigins ?? discordOrigins,
    auth: { issuer: issuer.issuer, audience: issuer.audience },
    ai: options.ai ?? { baseUrl: "", textModel: "", imageModel: "", apiKey: "" },
  });

  const functions = await loadFunctions();
  if (parts.queuesForget) await invoke(functions.schedules.sweep, { queue_lost: true });
  const consumed = consume ? (Object.keys(queues) as QueueName[]) : [];
  const eventSources = consumed.map((name) =>
    startEventSourceMapping({
      sqs,
      queue: { name, url: urls[name] },
      consumer: functions.consumers[name],
      batchSize: queues[name].batchSize,
      concurrency: queues[name].concurrency,
    }),
  );
  const clock = startScheduler(functions.schedules);
  const gateway = await startApiGateway({ port, functions, issuer, webOrigins });
  const { streamPort = 0 } = options;
  const lambda = functions.streams.streamCharacters;
  const functionUrl = await startFunctionUrl({ port: streamPort, lambda, webOrigins });
  if (options.telegram) await setWebhook(telegram, gateway.url, webhookSecret);

  return {
    api: gateway.url,
    stream: functionUrl.url,
    webhookSecret,
    cdn: parts.r2.publicUrl,
    issuer,
    functions,
    sqs,
    queueUrls: urls,
    deadLetterUrls,
    /** The typed client, signed in as `sub`. */
    client: (sub: string): Client =>
      createClient({
        baseUrl: gateway.url,
        streamUrl: functionUrl.url,
        token: () => issuer.sign(sub),
      }),
    async stop() {
      clock.stop();
      await gateway.stop();
      functionUrl.stop();
      issuer.stop();
      await Promise.all(eventSources.map((source) => source.stop()));
      sqs.destroy();
      const { sql } = await import("@keepsake/functions/services/database");
      await sql().end({ timeout: 2 });
    },
  };
}

/** A stack without a bot: calls fail at once, as when Telegram is down. */
const nowhere = { api: "http://127.0.0.1:9", botToken: "1:none", botName: "keepsake_bot" };

/** Tells Telegram where to send updates, as `npm run telegram:webhook` does for a deployed stage. */
async function setWebhook(
  { api, botToken }: { api: string; botToken: string },
  gateway: string,
  secret_token: string,
) {
  const response = await fetch(`${api}/bot${botToken}/setWebhook`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ url: `${gateway}/telegram/webhook`, secret_token }),
  });
  if (!response.ok) throw new Error(`Telegram refused the webhook with ${response.status}`);
}
