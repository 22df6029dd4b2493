import { receiveUpdate } from "@keepsake/core/telegram/receiveUpdate";
import { webhook } from "./runtime/telegramWebhook.ts";
import { sql } from "./services/database.ts";
import { ownerBytes } from "./services/ownerLimits.ts";
import { rehostQueue } from "./services/queues.ts";
import { replies, telegram, webhookSecret } from "./services/telegram.ts";

/** `POST /telegram/webhook`: stores an image that was sent to the bot for re-hosting, or runs a command. */
export const handler = webhook(webhookSecret, (update) =>
  receiveUpdate(
    {
      sql: sql(),
      ownerBytes: ownerBytes(),
      rehostQueue: rehostQueue(),
      telegram: telegram(),
      replies: replies(),
    },
    update,
  ),
);
