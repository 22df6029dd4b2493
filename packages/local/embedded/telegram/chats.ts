import { EventEmitter } from "node:events";
import type { Chat, InlineKeyboardMarkup, Message, Update, User } from "@grammyjs/types";
import { badRequest, type Parameters, Refused, unixTime } from "./http.ts";

/** The chats that the bot is in, and what it said there. */
export function chatBook() {
  const lines = new Map<number, Line>();
  const queries = new Set<string>();
  let lastMessage = 0;

  return {
    of: (chat_id: number) => lines.get(chat_id),
    open,
    newMessage,
    learn(update: Omit<Update, "update_id">) {
      const { message, edited_message, channel_post, edited_channel_post, callback_query } = update;
      const said = message ?? edited_message ?? channel_post ?? edited_channel_post;
      if (said) open(said.chat).messages.add(said.message_id);
      if (callback_query) queries.add(callback_query.id);
    },
    send(bot: User, { chat_id, text, reply_markup, ...rest }: Parameters): Message {
      const line = lines.get(Number(chat_id));
      if (!line) throw badRequest("chat not found");
      if (line.isBlocked) throw new Refused({ error_code: 403 });
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
      const isThere = line.messages.has(Number(original));
      if (original !== undefined && !isThere && !allow_sending_without_reply)
        throw badRequest("message to be replied not found");

      const reply = {
        ...newMessage(line.chat),
        from: bot,
        text,
        ...(isThere && {
          reply_to_message: { message_id: Number(original), chat: line.chat, date: unixTime() },
        }),
        ...(markup && { reply_markup: markup }),
      } as Message;
      line.messages.add(reply.message_id);
      line.replies.push(reply);
      line.arrivals.emit("reply");
      return reply;
    },
    answer(callback_query_id: string): true {
      if (queries.delete(callback_query_id)) return true;
      throw badRequest("query is too old and response timeout expired or query ID is invalid");
    },
  };

  function open(chat: Chat): Line {
    const known = lines.get(chat.id);
    if (known) return known;
    const messages = new Set<number>();
    const arrivals = new EventEmitter();
    const line: Line = { chat, messages, replies: [], isBlocked: false, seen: 0, arrivals };
    lines.set(chat.id, line);
    return line;
  }

  function newMessage(chat: Chat) {
    lastMessage += 1;
    return { message_id: lastMessage, date: unixTime(), chat };
  }
}

type Line = {
  chat: Chat;
  /** The ids of all that was said, whoever said it. */
  messages: Set<number>;
  replies: Message[];
  isBlocked: boolean;
  /** How many replies were waited for. */
  seen: number;
  arrivals: EventEmitter;
};
