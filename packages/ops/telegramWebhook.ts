import { telegramBot, webhookUpdates } from "@keepsake/adapters/platforms/telegram";
import { routes } from "@keepsake/contract/routes";
import { hasBot, links } from "./links.ts";

/**
 * `npm run telegram:webhook -- --stage production`: registers a deployed stage's webhook with Telegram,
 * with its secret. Running it again changes nothing.
 */
export async function main(_args: string[], { isLinked }: { isLinked: boolean }) {
  if (!isLinked) throw new Error("Name the stage: npm run telegram:webhook -- --stage production");
  if (!hasBot(links.telegram()))
    throw new Error(
      "This stage has no bot: set TELEGRAM_BOT_NAME and the two secrets, and deploy (docs/deploy.md)",
    );
  const url = links.apiUrl() + routes.telegramRehost.path;
  try {
    await telegramBot(links.telegram()).setWebhook({
      url,
      secret_token: links.webhookSecret(),
      allowed_updates: webhookUpdates,
      // a burst of pictures must not take all Lambdas of an account; Telegram keeps the other updates
      max_connections: 10,
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
