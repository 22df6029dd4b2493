import { receive } from "@keepsake/core/telegram/receiveUpdate";
import { webhook } from "./runtime/webhook.ts";
import { rehostQueue, sql, telegram, webhookSecret } from "./services/services.ts";

/** `POST /telegram/webhook`: notes an image that was sent to the bot, or does what a command asks. */
export const handler = webhook(webhookSecret, (update) =>
  receive({ sql: sql(), rehostQueue: rehostQueue(), telegram: telegram() }, update),
);
