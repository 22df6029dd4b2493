import { telegramBot, webhookUpdates } from "@keepsake/adapters/platforms/telegram";
import { routes } from "@keepsake/contract/routes";
import { links } from "./links.ts";

/**
 * `npm run telegram:webhook -- --stage production`: registers a deployed stage's webhook with Telegram,
 * with its secret. Running it again changes nothing.
 */
export async function main(_args: string[], { isLinked }: { isLinked: boolean }) {
  if (!isLinked) throw new Error("Name the stage: npm run telegram:webhook -- --stage production");
  const url = links.apiUrl() + routes.telegramRehost.path;
  try {
    await telegramBot(links.telegram()).setWebhook({
      url,
      secret_token: links.webhookSecret(),
      allowed_updates: webhookUpdates,
    });
  } catch (cause) {
    const { message } = cause as Error;
    throw new Error(
      `Telegram did not register the webhook (${message}); 401 or 404 means that TelegramBotToken is wrong`,
      { cause },
    );
  }
  console.log(`Telegram sends updates to ${url}`);
}
