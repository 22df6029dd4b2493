import type { UserFromGetMe, WebhookInfo } from "@grammyjs/types";
import { badRequest } from "./botApiError.ts";
import { commandMethods } from "./botCommandLists.ts";
import type { BotContext, Method } from "./botContext.ts";
import { editingMethods } from "./editMessages.ts";
import { conflict, type createPolling } from "./longPolling.ts";
import { textOf } from "./requestParameters.ts";
import { sendingMethods } from "./sendMessages.ts";
import type { Webhooks } from "./webhookDelivery.ts";

type Options = BotContext & { webhook: Webhooks; polling: ReturnType<typeof createPolling> };

/** The methods of the Bot API that the stand-in speaks, by lower-case name: Telegram ignores the case. README.md lists them. */
export function botMethods({ webhook, polling, ...context }: Options): Record<string, Method> {
  const { bot, files, chats } = context;
  return {
    ...sendingMethods(context),
    ...editingMethods(context),
    ...commandMethods(),
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
    getupdates(parameters, _, signal) {
      if (webhook.isSet())
        throw conflict(
          "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
        );
      return polling.getUpdates(parameters, signal);
    },
    async setwebhook(parameters) {
      await webhook.set(parameters);
      if (webhook.isSet()) polling.endByWebhook();
      return true;
    },
    deletewebhook: ({ drop_pending_updates }) => webhook.set({ drop_pending_updates }),
    getwebhookinfo: (): WebhookInfo => webhook.info(),
    getfile: ({ file_id }) => files.get(textOf(file_id)),
    getchat: ({ chat_id }) => ({
      ...chats.get(chat_id).chat,
      accent_color_id: 0,
      max_reaction_count: 11,
    }),
    sendchataction({ chat_id, action }): true {
      if (!chatActions.includes(textOf(action).toLowerCase()))
        throw badRequest("wrong parameter action in request");
      chats.get(chat_id);
      return true;
    },
    answercallbackquery: ({ callback_query_id }) =>
      chats.answerCallbackQuery(textOf(callback_query_id)),
  };
}

const chatActions = [
  ...["cancel", "typing", "upload_photo", "upload_document", "choose_sticker", "find_location"],
  ...["record_video", "upload_video", "record_voice", "upload_voice", "record_audio"],
  ...["upload_audio", "record_video_note", "upload_video_note"],
];
