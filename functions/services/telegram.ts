import { telegramBot } from "@keepsake/adapters/platforms/telegram";
import { lazy } from "./lazy.ts";
import { Resource } from "./sstLinks.ts";

export const telegram = lazy(() => telegramBot(Resource.Telegram));

/** The bot that answers pictures; undefined when `TELEGRAM_REPLY` is `off`. */
export const replies = () => (Resource.Telegram.reply === "off" ? undefined : telegram());

export const webhookSecret = lazy(() => {
  const { secret } = Resource.TelegramWebhook;
  if (!secret) throw new Error("TelegramWebhookSecret is not set: anyone could call the webhook");
  return secret;
});
