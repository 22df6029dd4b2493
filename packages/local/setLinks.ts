import type { RehostHostsLink } from "@keepsake/adapters/platforms/urlFiles";
import type { PortraitSettings } from "@keepsake/contract/portraitProviders";
import type { QueueName } from "@keepsake/contract/queues";
import type { Resource } from "sst";
import type { Backends } from "./backends.ts";
import { lastMigration } from "./commands/migrate.ts";
import { localPages } from "./embedded/hostAndOrigin.ts";

/**
 * Sets the links that SST gives to deployed functions, pointing at these backends. Must run before the
 * functions are loaded.
 */
export function setLinks(
  backends: Backends,
  queueUrls: Record<QueueName, string>,
  deadLetterUrls: Record<QueueName, string>,
  {
    telegram,
    discordOrigins,
    rehostHosts,
    webOrigins,
    auth,
    ai,
    aiPortraits,
    ownerBytes,
    webhook,
  }: PlatformLinks,
) {
  const { endpoint, accessKeyId, secretAccessKey, web, publicUrl } = backends.r2;
  const { imagesBucket, incomingBucket, privateBucket, copies } = backends.r2;
  const keys = { endpoint, accessKeyId, secretAccessKey };
  const copiesFrom = copies ? incomingBucket : "";
  const links: Links = {
    App: { name: "keepsake", stage: "local" },
    Database: {
      url: backends.databaseUrl,
      pool: 10,
      migration: lastMigration(),
    },
    Images: { bucket: imagesBucket, publicUrl, copiesFrom, ...keys },
    Incoming: { bucket: incomingBucket, ...keys },
    IncomingWeb: { bucket: incomingBucket, endpoint, ...web },
    Private: { bucket: privateBucket, copiesFrom, ...keys },
    PrivateWeb: { bucket: privateBucket, endpoint, ...web },
    Cdn: {
      ...(backends.r2.zone ?? { api: "", zoneId: "", apiToken: "" }),
      plan: "free",
      origins: webOrigins.filter((origin) => !localPages.includes(origin)).join(" "),
    },
    PortraitQueueDead: { url: deadLetterUrls.PortraitQueue },
    RehostQueueDead: { url: deadLetterUrls.RehostQueue },
    UploadQueueDead: { url: deadLetterUrls.UploadQueue },
    ExportQueueDead: { url: deadLetterUrls.ExportQueue },
    PortraitQueue: { url: queueUrls.PortraitQueue },
    RehostQueue: { url: queueUrls.RehostQueue },
    UploadQueue: { url: queueUrls.UploadQueue },
    ExportQueue: { url: queueUrls.ExportQueue },
    ...(webhook && {
      EventQueueDead: { url: deadLetterUrls.EventQueue },
      EventQueue: { url: queueUrls.EventQueue },
    }),
    Webhook: webhook ?? { url: "", secret: "" },
    Limits: { ownerBytes },
    Telegram: { api: telegram.api, botToken: telegram.botToken, reply: telegram.reply },
    TelegramBot: { name: telegram.botName },
    TelegramWebhook: { secret: telegram.webhookSecret },
    Auth: auth,
    Ai: ai,
    AiPortraits: aiPortraits,
    Discord: { origins: discordOrigins.join(" ") },
    RehostHosts: rehostHosts,
  };
  process.env.SST_RESOURCES_JSON = JSON.stringify(links);
}

export type PlatformLinks = {
  telegram: {
    api: string;
    botToken: string;
    botName: string;
    webhookSecret: string;
    reply: string;
  };
  discordOrigins: string[];
  rehostHosts: RehostHostsLink;
  /** The origins of the pages for which the CDN keeps copies. */
  webOrigins: string[];
  auth: { issuer: string; audience: string; pageTokenKey: string };
  /** The bytes that an owner may store; 0 for no limit. */
  ownerBytes: number;
  /** The receiver of events; undefined for none. */
  webhook: { url: string; secret: string } | undefined;
  ai: { baseUrl: string; textModel: string; imageModel: string; apiKey: string };
  aiPortraits: PortraitSettings & { apiKey: string };
};

type LinkName =
  | (
      | "App"
      | "Database"
      | "Images"
      | "Incoming"
      | "IncomingWeb"
      | "Private"
      | "PrivateWeb"
      | "Cdn"
      | "PortraitQueue"
      | "RehostQueue"
      | "UploadQueue"
      | "ExportQueue"
      | "Webhook"
      | "Limits"
    )
  | ("PortraitQueueDead" | "RehostQueueDead" | "UploadQueueDead" | "ExportQueueDead")
  | ("Telegram" | "TelegramBot" | "TelegramWebhook" | "Discord" | "RehostHosts")
  | ("Auth" | "Ai" | "AiPortraits");

type Links = {
  [Name in keyof Pick<Resource, LinkName>]: Omit<Resource[Name], "type">;
} & {
  [Name in keyof Pick<Resource, "EventQueue" | "EventQueueDead">]?: Omit<Resource[Name], "type">;
};
