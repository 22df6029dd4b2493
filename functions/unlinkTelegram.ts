import { telegramRoutes } from "@keepsake/contract/api/telegram";
import { unlinkAccount } from "@keepsake/core/telegram/linkedAccounts";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";

/** `DELETE /telegram/accounts/{telegram_id}`: unlinks one of the caller's Telegram accounts. */
export const handler = authenticatedEndpoint(
  "unlinkTelegram",
  telegramRoutes.unlinkTelegram,
  (input) => unlinkAccount({ sql: sql() }, input),
);
