import {
  aiBaseUrl,
  aiPortraits,
  imagesDomain,
  r2KeysAreMade,
  telegramBotName,
  webhookUrl,
} from "./settings.ts";

/** Set with `sst secret set <name>`; docs/deploy.md describes where to get each. */
export const secrets = {
  databaseUrl: new sst.Secret("DatabaseUrl"),
  /** The `store` pair, of a token that reads and writes all buckets. */
  r2AccessKeyId: new sst.Secret("R2AccessKeyId", r2KeysAreMade ? "none" : undefined),
  r2SecretAccessKey: new sst.Secret("R2SecretAccessKey", r2KeysAreMade ? "none" : undefined),
  /** The `web` pair, of a token that reads and writes the incoming bucket and reads the private one. It presigns URLs. */
  r2WebAccessKeyId: new sst.Secret("R2WebAccessKeyId", r2KeysAreMade ? "none" : undefined),
  r2WebSecretAccessKey: new sst.Secret("R2WebSecretAccessKey", r2KeysAreMade ? "none" : undefined),
  /** The AI provider's key; a provider on your own machines may need none. */
  aiApiKey: new sst.Secret("AiApiKey", aiBaseUrl ? undefined : "none"),
  /** Replicate's or fal's key. */
  aiPortraitApiKey: new sst.Secret("AiPortraitApiKey", aiPortraits.provider ? undefined : "none"),
  /** Of the bot; a stage without one has no webhook either. */
  telegramBotToken: new sst.Secret("TelegramBotToken", telegramBotName ? undefined : "none"),
  telegramWebhookSecret: new sst.Secret(
    "TelegramWebhookSecret",
    telegramBotName ? undefined : "none",
  ),
  /** Signs events; `whsec_` and base64. */
  webhookSecret: new sst.Secret("WebhookSecret", webhookUrl ? undefined : "none"),
  /** A token that may purge the cache of the zone with the images' host name. */
  cloudflarePurgeToken: new sst.Secret("CloudflarePurgeToken", imagesDomain ? undefined : "none"),
};
