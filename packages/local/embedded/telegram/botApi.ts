import type { User, UserFromGetMe, WebhookInfo } from "@grammyjs/types";
import type { Chats } from "./chats.ts";
import type { FileStore } from "./files.ts";
import { type Parameters, textOf } from "./http.ts";
import type { WebhookQueue } from "./webhookQueue.ts";

/** The state that the methods of the Bot API read and change. */
export type BotContext = { bot: User; files: FileStore; chats: Chats; outbox: WebhookQueue };

/** The methods of the Bot API that Keepsake uses, by lower-case name: Telegram ignores the case. */
export function botMethods({ bot, files, chats, outbox }: BotContext) {
  const methods: Record<string, (parameters: Parameters) => unknown> = {
    getme: (): UserFromGetMe => ({
      ...bot,
      is_bot: true,
      username: bot.username!,
      can_join_groups: true,
      can_read_all_group_messages: false,
      supports_inline_queries: false,
      can_connect_to_business: false,
      has_main_web_app: false,
      has_topics_enabled: false,
      allows_users_to_create_topics: false,
      can_manage_bots: false,
      supports_join_request_queries: false,
    }),
    getfile: ({ file_id }) => files.get(textOf(file_id)),
    sendmessage: (parameters) => chats.send(bot, parameters),
    answercallbackquery: ({ callback_query_id }) =>
      chats.answerCallbackQuery(textOf(callback_query_id)),
    setwebhook: (parameters) => outbox.setWebhook(parameters),
    deletewebhook: ({ drop_pending_updates }) =>
      outbox.setWebhook({ url: "", drop_pending_updates }),
    getwebhookinfo: (): WebhookInfo => outbox.info(),
  };
  return methods;
}
