import { EventEmitter } from "node:events";
import type { Chat, Message, Update } from "@grammyjs/types";
import { BotApiError, badRequest } from "./botApiError.ts";
import { integerOf, textOf } from "./requestParameters.ts";

export type Chats = ReturnType<typeof createChats>;

/** The chats that a bot is in, with the messages of their users and of the bot. */
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
      if (message) open(message.chat).sent.push(message);
      if (update.callback_query) callbackQueries.add(update.callback_query.id);
    },
    /** The chat that `chat_id` names. Throws Telegram's error for an unknown chat, or when its user blocked the bot. */
    get(chat_id: unknown): ChatState {
      const id = textOf(chat_id).trim();
      if (id === "") throw badRequest("chat_id is empty");
      const state = [...chats.values()].find(
        ({ chat }) => `${chat.id}` === id || (isPublic(chat) && `@${chat.username}` === id),
      );
      if (!state) throw badRequest("chat not found");
      if (state.isBlocked) throw new BotApiError({ error_code: 403 });
      return state;
    },
    /** Adds a message of the bot. */
    reply(state: ChatState, message: Message) {
      state.replies.push(message);
      state.events.emit("reply");
      return message;
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

/** A message of this chat, of a user or of the bot. */
export function findMessage({ sent, replies }: ChatState, message_id: unknown) {
  const id = integerOf(message_id, 0);
  return [...sent, ...replies].findLast((message) => message.message_id === id);
}

/** Removes a message of this chat. */
export function removeMessage(state: ChatState, message: Message) {
  const index = state.replies.indexOf(message);
  if (index >= 0 && index < state.repliesRead) state.repliesRead -= 1;
  state.replies = state.replies.filter((each) => each !== message);
  state.sent = state.sent.filter((each) => each !== message);
}

/** The message of an update, in whichever of its fields; undefined for other updates. */
export function messageOf(update: Omit<Update, "update_id">) {
  const { message, edited_message, channel_post, edited_channel_post } = update;
  return message ?? edited_message ?? channel_post ?? edited_channel_post;
}

/** Users have names, too, but a bot cannot write to them by it. */
const isPublic = (chat: Chat): chat is Chat & { username: string } =>
  chat.type !== "private" && "username" in chat && chat.username !== undefined;

export const unixTime = () => Math.floor(Date.now() / 1_000);
