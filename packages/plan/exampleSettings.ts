/** An example of every setting and secret, for plans that are not deployed. */
export const exampleSettings = {
  CLOUDFLARE_DEFAULT_ACCOUNT_ID: "cloudflare-account",
  JWT_ISSUER: "https://issuer.example.com/",
  JWT_AUDIENCE: "keepsake",
  WEB_ORIGINS: "https://app.example.com",
  STUDIO_DOMAIN: "studio.example.com",
  STUDIO_CLIENT_ID: "studio-client",
  OIDC_ORIGINS: "https://keys.example.com",
  IMAGES_DOMAIN: "images.example.com",
  CLOUDFLARE_ZONE_ID: "cloudflare-zone",
  CLOUDFLARE_RULES: "managed",
  ALARM_EMAIL: "oncall@example.com",
  STREAM_CONCURRENCY: "20",
  SST_SECRET_DatabaseUrl:
    "postgres://keepsake:database-password@db.example.com/keepsake?sslmode=verify-full",
  BUDGET_USD: "100",
  AI_BASE_URL: "https://api.example.com/v1",
  AI_TEXT_MODEL: "text-model-1",
  AI_IMAGE_MODEL: "image-model-1",
  SST_SECRET_AiApiKey: "ai-api-key",
  AI_PORTRAIT_PROVIDER: "replicate",
  SST_SECRET_AiPortraitApiKey: "ai-portrait-api-key",
  SST_SECRET_CloudflarePurgeToken: "cloudflare-purge-token",
  SST_SECRET_TelegramBotToken: "7000000000:telegram-bot-token",
  SST_SECRET_TelegramWebhookSecret: "telegram-webhook-secret",
  TELEGRAM_BOT_NAME: "keepsake_bot",
  WEBHOOK_URL: "https://app.example.com/keepsake",
  SST_SECRET_WebhookSecret: "whsec_d2ViaG9vay1zZWNyZXQtb2YtMjQtYnl0ZXM=",
  SST_SECRET_R2AccessKeyId: "r2-access-key-id",
  SST_SECRET_R2SecretAccessKey: "r2-secret-access-key",
  SST_SECRET_R2WebAccessKeyId: "r2-web-access-key-id",
  SST_SECRET_R2WebSecretAccessKey: "r2-web-secret-access-key",
};

/** What production cannot be deployed without, besides credentials and secrets. */
export const requiredSettings = [
  "CLOUDFLARE_DEFAULT_ACCOUNT_ID",
  "CLOUDFLARE_ZONE_ID",
  "IMAGES_DOMAIN",
] satisfies (keyof typeof exampleSettings)[];

/** The names of the secrets: SST reads each from a variable with this prefix. */
export const exampleSecrets = Object.keys(exampleSettings).filter((name) =>
  name.startsWith("SST_SECRET_"),
) as (keyof typeof exampleSettings)[];
