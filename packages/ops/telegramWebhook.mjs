import { Resource } from "sst";
import { routes } from "../contract/routes.ts";
import { inStage } from "./stage.mjs";

/**
 * Registers a deployed stage's webhook with Telegram, secret included; running it again changes nothing.
 *   npm run telegram:webhook -- --stage production
 */
await inStage({ script: import.meta.url, args: process.argv.slice(2), work: register });

async function register() {
  const { api, botToken } = Resource.Telegram;
  const url = Resource.Api.url + routes.telegramRehost.path;
  const response = await fetch(`${api}/bot${botToken}/setWebhook`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      url,
      secret_token: Resource.TelegramWebhook.secret,
      allowed_updates: [
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
        "callback_query",
      ],
    }),
  }).catch((error) => {
    // not the error itself: the token is in the URL it may name
    throw new Error(`Telegram cannot be reached: ${error.cause?.code ?? error.name}`);
  });
  const { ok, description } = await response.json();
  if (!ok) throw new Error(`Telegram refused the webhook: ${description}`);
  console.log(`Telegram sends updates to ${url}`);
}
