import { discordOrigins } from "../packages/contract/platformHosts.ts";
import { secrets } from "./secrets.ts";
import { telegramApi, telegramBotName, telegramReply } from "./settings.ts";

/** The bot itself. Its token is in every URL it calls, so only what talks to Telegram holds it. */
export const telegram = new sst.Linkable("Telegram", {
  properties: {
    api: telegramApi,
    botToken: secrets.telegramBotToken.value,
    reply: telegramReply,
  },
});

/** What people call the bot: a link to it needs no token. */
export const telegramBot = new sst.Linkable("TelegramBot", {
  properties: { name: telegramBotName },
});

/** What Telegram proves itself with when it calls us. */
export const telegramWebhook = new sst.Linkable("TelegramWebhook", {
  properties: { secret: secrets.telegramWebhookSecret.value },
});

/** The only places that attachments are fetched from. */
export const discord = new sst.Linkable("Discord", {
  properties: { origins: discordOrigins.join(" ") },
});
