import { aiBaseUrl, imagesDomain } from "./settings.ts";

/** Set with `sst secret set <name>`; docs/deploy.md says where each comes from. */
export const secrets = {
  databaseUrl: new sst.Secret("DatabaseUrl"),
  r2AccessKeyId: new sst.Secret("R2AccessKeyId"),
  r2SecretAccessKey: new sst.Secret("R2SecretAccessKey"),
  /** Of the provider; one that runs on your own machines may need none. */
  aiApiKey: new sst.Secret("AiApiKey", aiBaseUrl ? undefined : "none"),
  telegramBotToken: new sst.Secret("TelegramBotToken"),
  telegramWebhookSecret: new sst.Secret("TelegramWebhookSecret"),
  /** May purge the cache of the zone that the images' host name is in. */
  cloudflarePurgeToken: new sst.Secret("CloudflarePurgeToken", imagesDomain ? undefined : "none"),
};
