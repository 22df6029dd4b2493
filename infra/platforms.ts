import { discordOrigins } from "../packages/contract/discordOrigins.ts";
import { secrets } from "./secrets.ts";
import { rehostHosts, telegramApi, telegramBotName, telegramReply } from "./settings.ts";

/** The bot. Its token is in every URL of the Bot API, so only functions that call Telegram hold it. */
export const telegram = new sst.Linkable("Telegram", {
  properties: {
    api: telegramApi,
    botToken: secrets.telegramBotToken.value,
    reply: telegramReply,
  },
});

/** The bot's name, for links to it, which need no token. */
export const telegramBot = new sst.Linkable("TelegramBot", {
  properties: { name: telegramBotName },
});

/** The secret that Telegram sends with every call of the webhook. */
export const telegramWebhook = new sst.Linkable("TelegramWebhook", {
  properties: { secret: secrets.telegramWebhookSecret.value },
});

/** The only origins that attachments are fetched from. */
export const discord = new sst.Linkable("Discord", {
  properties: { origins: discordOrigins.join(" ") },
});

/** The only hosts that images are fetched from by their URL. */
export const rehostHostsLink = new sst.Linkable("RehostHosts", {
  properties: { hosts: rehostHosts.join(" "), standIns: "" },
});
