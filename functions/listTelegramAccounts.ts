import { telegramRoutes } from "@keepsake/contract/api/telegram";
import { listAccounts } from "@keepsake/core/telegram/linkedAccounts";
import { authenticatedEndpoint } from "./runtime/authenticatedEndpoint.ts";
import { sql } from "./services/database.ts";

/** `GET /telegram/accounts`: the Telegram accounts that are linked to the caller. */
export const handler = authenticatedEndpoint(
  "listTelegramAccounts",
  telegramRoutes.listTelegramAccounts,
  (input) => listAccounts({ sql: sql() }, input),
);
