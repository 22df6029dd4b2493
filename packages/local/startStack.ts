import { randomBytes } from "node:crypto";
import { telegramBot, webhookUpdates } from "@keepsake/adapters/platforms/telegram";
import { type Client, createClient } from "@keepsake/client";
import { discordOrigins } from "@keepsake/contract/discordOrigins";
import { type PortraitSettings, portraitSettings } from "@keepsake/contract/portraitProviders";
import { type QueueName, queues } from "@keepsake/contract/queues";
import { defaultRehostHosts } from "@keepsake/contract/rehostHosts";
import { routes } from "@keepsake/contract/routes";
import { setOn } from "@keepsake/core/events/events.sql";
import { startApiGateway } from "./aws/apiGateway.ts";
import { createQueues } from "./aws/createQueues.ts";
import { startEventSourceMapping } from "./aws/eventSourceMapping.ts";
import { startFunctionUrl } from "./aws/functionUrl.ts";
import { invoke } from "./aws/lambda.ts";
import { startScheduler } from "./aws/scheduler.ts";
import type { Backends } from "./backends.ts";
import { migrate } from "./commands/migrate.ts";
import { localSqsKeys } from "./embedded/sqs.ts";
import { loadFunctions } from "./loadFunctions.ts";
import { keepServiceKey } from "./serviceKey.ts";
import { setLinks } from "./setLinks.ts";

type StackOptions = {
  backends: Backends & { queuesStartEmpty?: boolean };
  /** 0 for any free port. */
  port: number;
  /** An OIDC issuer and the audience of its tokens; none when not given. */
  auth?: { issuer: string; audience: string };
  /** The service key of an earlier run, which is kept when it is still live. */
  serviceKey?: string | undefined;
  /** The bot and its Bot API; when not given, every call of the bot fails. */
  telegram?: {
    api: string;
    botToken: string;
    botName: string;
    /** Called with the URL of the API, before its webhook is set there. */
    allowWebhook?(url: string): void;
  };
  /** A provider that speaks OpenAI's API; the offline generator when not given. */
  ai?: { baseUrl: string; textModel: string; imageModel: string; apiKey: string };
  /** Replicate or fal for the portraits; the generator of the texts when not given. */
  aiPortraits?: PortraitSettings & { apiKey: string };
  /** The port of `streamCharacters`; any free port when not given. */
  streamPort?: number;
  /** `off` keeps the bot from replying to pictures. */
  telegramReply?: string;
  /** The receiver of events; none when not given. */
  webhook?: { url: string; secret: string } | undefined;
  /** The bytes that an owner may store; no limit when not given. */
  ownerBytes?: number;
  /** The origins that Discord's attachments may be fetched from. */
  discordOrigins?: string[];
  /** The hosts that images may be re-hosted from by their URL, and what stands in for some of them. */
  rehostHosts?: { hosts: string[]; standIns: Record<string, string> };
  webOrigins: string[];
  /** The visibility timeout of every queue; as deployed when not given. */
  visibilitySeconds?: number;
  /** How often the sweep runs; every minute when not given. */
  sweepMinutes?: number;
  /** False leaves messages in the queues: no consumer runs. */
  consume?: boolean;
  /** Separates the queues of stacks that share an SQS. */
  queuePrefix?: string;
};

export type Stack = Awaited<ReturnType<typeof startStack>>;

/**
 * Runs Keepsake in this process on the given backends: migrates the database, and runs the deployed
 * functions behind an API gateway, on their queues and on their schedules. Work that an earlier run left
 * in a lost queue is queued again.
 */
export async function startStack(options: StackOptions) {
  const { backends, port, webOrigins, visibilitySeconds, consume = true } = options;
  const { queuePrefix: prefix = "" } = options;
  process.env.AWS_REGION ??= "us-east-1";
  if (!process.env.SQS_ENDPOINT) {
    process.env.AWS_ACCESS_KEY_ID = localSqsKeys.accessKeyId; // Lambda has a role
    process.env.AWS_SECRET_ACCESS_KEY = localSqsKeys.secretAccessKey;
  }

  const endpoint = backends.sqsEndpoint;
  const [{ sqs, urls, deadLetterUrls }] = await Promise.all([
    createQueues({ endpoint, prefix, visibilitySeconds }),
    migrate(backends.databaseUrl),
  ]);
  const { api, botToken, botName } = options.telegram ?? unreachableTelegram;
  const telegram = { api, botToken, botName };
  const { telegramReply: reply = "on" } = options;
  const webhookSecret = randomBytes(24).toString("hex");
  const { issuer = "", audience = "" } = options.auth ?? {};
  setLinks(backends, urls, deadLetterUrls, {
    telegram: { ...telegram, webhookSecret, reply },
    discordOrigins: options.discordOrigins ?? discordOrigins,
    rehostHosts: rehostHostsLink(options.rehostHosts),
    webOrigins: options.webOrigins,
    auth: { issuer, audience, pageTokenKey: randomBytes(32).toString("base64") },
    ownerBytes: options.ownerBytes ?? 0,
    webhook: options.webhook,
    ai: options.ai ?? { baseUrl: "", textModel: "", imageModel: "", apiKey: "" },
    aiPortraits: options.aiPortraits ?? { ...portraitSettings({}), apiKey: "" },
  });

  const functions = await loadFunctions();
  const { sql } = await import("@keepsake/functions/services/database");
  const serviceKey = await keepServiceKey(sql(), options.serviceKey);
  await setOn(sql(), options.webhook !== undefined); // the first sweep does it, too late for the first change
  if (backends.queuesStartEmpty) await invoke(functions.schedules.sweep, { queue_lost: true });
  const consumed = (Object.keys(queues) as QueueName[]).filter(
    (name) => consume && (name !== "EventQueue" || options.webhook !== undefined),
  );
  const eventSources = consumed.map((name) =>
    startEventSourceMapping({
      sqs,
      queue: { name, url: urls[name] },
      consumer: functions.consumers[name],
      batchSize: queues[name].batchSize,
      concurrency: queues[name].concurrency,
    }),
  );
  const scheduler = startScheduler(functions.schedules, { sweep: options.sweepMinutes ?? 1 });
  const gateway = await startApiGateway({ port, functions, webOrigins });
  const { streamPort = 0 } = options;
  const lambda = functions.streams.streamCharacters;
  const functionUrl = await startFunctionUrl({ port: streamPort, lambda, webOrigins });
  options.telegram?.allowWebhook?.(gateway.url);
  if (options.telegram)
    await telegramBot(telegram).setWebhook({
      url: gateway.url + routes.telegramRehost.path,
      secret_token: webhookSecret,
      allowed_updates: webhookUpdates,
    });

  return {
    api: gateway.url,
    stream: functionUrl.url,
    webhookSecret,
    cdn: backends.r2.publicUrl,
    /** A service key of this system. */
    serviceKey,
    functions,
    sqs,
    queueUrls: urls,
    deadLetterUrls,
    /** The typed client of a backend that acts for `owner`. */
    client: (owner: string): Client =>
      createClient({ baseUrl: gateway.url, streamUrl: functionUrl.url, serviceKey, owner }),
    async stop() {
      scheduler.stop();
      await gateway.stop();
      functionUrl.stop();
      await Promise.all(eventSources.map((source) => source.stop()));
      sqs.destroy();
      await sql().end({ timeout: 2 });
    },
  };
}

const rehostHostsLink = (
  { hosts, standIns }: NonNullable<StackOptions["rehostHosts"]> = {
    hosts: defaultRehostHosts,
    standIns: {},
  },
) => ({
  hosts: hosts.join(" "),
  standIns: Object.entries(standIns)
    .map(([host, origin]) => `${host}=${origin}`)
    .join(" "),
});

/** For a stack without a bot: calls fail at once, as when Telegram is down. */
const unreachableTelegram = {
  api: "http://127.0.0.1:9",
  botToken: "1:none",
  botName: "keepsake_bot",
};
