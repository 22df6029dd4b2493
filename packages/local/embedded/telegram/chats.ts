import { EventEmitter } from "node:events";
import type { Chat, InlineKeyboardMarkup, Message, Update, User } from "@grammyjs/types";
import { BotApiError, badRequest } from "./botApiError.ts";
import { type Parameters, textOf } from "./http.ts";

export type Chats = ReturnType<typeof createChats>;

/** The chats that the bot is in, and the messages that it sent there. */
export function createChats() {
  const chats = new Map<number, ChatState>();
  const callbackQueries = new Set<string>();
  let lastMessageId = 0;

  return {
    open,
    newMessage,
    /** Makes the chat, message and callback query of an update known, so that the bot can reply to them. */
    register(update: Omit<Update, "update_id">) {
      const message = messageOf(update);
      if (message) {
        const state = open(message.chat);
        state.messageIds.add(message.message_id);
        state.sent.push(message);
      }
      if (update.callback_query) callbackQueries.add(update.callback_query.id);
    },
    /** `sendMessage`, with the errors of Telegram that the bot must handle. */
    send(bot: User, { chat_id, text, reply_markup, ...rest }: Parameters): Message {
      const state = chats.get(Number(textOf(chat_id)));
      if (!state) throw badRequest("chat not found");
      if (state.isBlocked) throw new BotApiError({ error_code: 403 });
      if (typeof text !== "string" || text === "") throw badRequest("message text is empty");
      if (text.length > 4_096) throw badRequest("message is too long");
      const markup = reply_markup as InlineKeyboardMarkup | undefined;
      for (const button of markup?.inline_keyboard.flat() ?? [])
        if ("callback_data" in button && Buffer.byteLength(button.callback_data) > 64)
          throw badRequest("BUTTON_DATA_INVALID");

      const { message_id: original, allow_sending_without_reply } = (rest.reply_parameters ?? {
        message_id: rest.reply_to_message_id,
        allow_sending_without_reply: rest.allow_sending_without_reply,
      }) as { message_id?: number; allow_sending_without_reply?: boolean };
      const exists = state.messageIds.has(Number(original));
      if (original !== undefined && !exists && !allow_sending_without_reply)
        throw badRequest("message to be replied not found");

      const reply = {
        ...newMessage(state.chat),
        from: bot,
        text,
        ...(exists && {
          reply_to_message: { message_id: Number(original), chat: state.chat, date: unixTime() },
        }),
        ...(markup && { reply_markup: markup }),
      } as Message;
      state.messageIds.add(reply.message_id);
      state.replies.push(reply);
      state.events.emit("reply");
      return reply;
    },
    /** `answerCallbackQuery`: each query can be answered once. */
    answerCallbackQuery(callback_query_id: string): true {
      if (callbackQueries.delete(callback_query_id)) return true;
      throw badRequest("query is too old and response timeout expired or query ID is invalid");
    },
  };

  function open(chat: Chat): ChatState {
    const existing = chats.get(chat.id);
    if (existing) return existing;
    const state: ChatState = {
      chat,
      messageIds: new Set(),
      sent: [],
      replies: [],
      isBlocked: false,
      repliesRead: 0,
      events: new EventEmitter(),
    };
    chats.set(chat.id, state);
    return state;
  }

  function newMessage(chat: Chat) {
    lastMessageId += 1;
    return { message_id: lastMessageId, date: unixTime(), chat };
  }
}

export type ChatState = {
  chat: Chat;
  /** The ids of all messages, of users and of the bot. */
  messageIds: Set<number>;
  /** The messages of users, oldest first. */
  sent: Message[];
  /** The messages that the bot sent, oldest first. */
  replies: Message[];
  isBlocked: boolean;
  /** How many replies `waitForReply` has returned. */
  repliesRead: number;
  /** Emits `reply` after each message of the bot. */
  events: EventEmitter;
};

/** The message of an update, in whichever of its fields; undefined for other updates. */
export function messageOf(update: Omit<Update, "update_id">) {
  const { message, edited_message, channel_post, edited_channel_post } = update;
  return message ?? edited_message ?? channel_post ?? edited_channel_post;
}

export const unixTime = () => Math.floor(Date.now() / 1_000);
