import { telegramBot } from "@keepsake/adapters/platforms/telegram";
import { routes } from "@keepsake/contract/routes";
import { hasBot } from "../links.ts";
import { type Check, CheckFailed, type Configuration } from "./check.ts";

/** The bot's webhook: set to this stage, and without recent failures. */
export function telegramCheck({ telegram, isLocal }: Configuration): Check {
  return {
    subject: "Telegram",
    advice: "check TelegramBotToken: @BotFather shows it",
    async run() {
      if (!hasBot(telegram))
        return { mark: "--", text: "This stage has no Telegram bot: nothing to check" };
      const info = await telegramBot(telegram).getWebhookInfo();
      const register = isLocal
        ? "restart npm start, which registers it"
        : "run npm run telegram:webhook -- --stage …";
      if (!info.url) throw new CheckFailed("Telegram has no webhook", register);
      if (!info.url.endsWith(routes.telegramRehost.path))
        throw new CheckFailed(
          `Telegram sends updates to another webhook, at ${new URL(info.url).host}`,
          register,
        );

      const pending = `${info.pending_update_count} updates pending`;
      const sinceSeconds = Date.now() / 1_000 - (info.last_error_date ?? 0);
      if (sinceSeconds < recentSeconds)
        throw new CheckFailed(
          `Telegram could not deliver an update to the webhook ${Math.round(sinceSeconds / 60)} min ago (${info.last_error_message}); ${pending}`,
          `read the log of telegramRehost; if the webhook got a 401, ${register}`,
        );
      return `Telegram sends updates to ${new URL(info.url).host}; ${pending}`;
    },
  };
}

/** Telegram keeps reporting its last error; an older one is ignored. */
const recentSeconds = 60 * 60;
