import * as z from "zod/mini";
import type { RouteName } from "../routes.ts";
import { lazy } from "../schemas.ts";
import type { Endpoint } from "./endpoint.ts";

const TelegramAccount = lazy(() =>
  z
    .object({
      telegram_id: z.string().check(z.describe("Telegram's id of the user, in decimal digits.")),
      name: z
        .nullable(z.string())
        .check(
          z.describe(
            "The user's name, or `@username`, as Telegram said when the account was linked. Null for accounts that earlier releases linked.",
          ),
        ),
      linked_at: z.iso.datetime(),
    })
    .check(z.meta({ id: "TelegramAccount" })),
);

export const telegramRoutes = {
  telegramRehost: {
    summary: "Telegram's webhook: receives an Update, with the secret that it was registered with.",
    body: () => z.looseObject({}).check(z.meta({ id: "Update" })),
    output: () => z.object({ ok: z.literal(true) }),
    status: 200,
  },
  linkTelegram: {
    summary: "A one-time link, valid for 10 minutes, that links a Telegram account to the caller.",
    output: () => z.object({ url: z.url(), expires_at: z.iso.datetime() }),
    status: 200,
  },
  listTelegramAccounts: {
    summary: "The Telegram accounts that are linked to the caller, the last one first.",
    output: () => z.object({ accounts: z.array(TelegramAccount()) }),
    status: 200,
  },
  unlinkTelegram: {
    summary:
      "Unlinks a Telegram account, as /unlink to the bot does: its images are no longer among the caller's, and exports that may hold them end. 204 too when it is not linked to the caller.",
    path: () => z.strictObject({ telegram_id: z.string().check(z.regex(/^[1-9][0-9]{0,15}$/)) }),
    output: () => z.undefined(),
    status: 204,
  },
} as const satisfies { [Name in RouteName]?: Endpoint };
