import { telegramRoutes } from "@keepsake/contract/api/telegram";
import { createLink } from "@keepsake/core/telegram/linkAccount";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";
import { botName } from "./services/telegramBotName.ts";

/** `POST /telegram/link`: a one-time link that binds a Telegram account to the caller. */
export const handler = authenticatedEndpoint("linkTelegram", telegramRoutes.linkTelegram, (input) =>
  createLink({ sql: sql(), botName: botName() }, input),
);
