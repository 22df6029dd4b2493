import { isDeepStrictEqual } from "node:util";
import type { Message } from "@grammyjs/types";
import { badRequest } from "./botApiError.ts";
import type { BotContext, Method } from "./botContext.ts";
import { findMessage, removeMessage, unixTime } from "./chats.ts";
import { inlineKeyboardOf } from "./checkReplyMarkup.ts";
import { captionOf, textContentOf, whenEdited } from "./messageContent.ts";
import { integerOf, listOf, type Parameters } from "./requestParameters.ts";

/** The methods that change or delete messages. */
export function editingMethods({ chats, spend }: BotContext): Record<string, Method> {
  return {
    editmessagetext(parameters) {
      const content = textContentOf(parameters, whenEdited);
      return edit(parameters, ({ text: _, entities: __, ...message }) => {
        if (_ === undefined) throw badRequest("there is no text in the message to edit");
        return { ...message, ...content };
      });
    },
    editmessagecaption(parameters) {
      const content = captionOf(parameters, whenEdited);
      return edit(parameters, ({ caption: _, caption_entities: __, ...message }) => {
        if (!message.photo && !message.document)
          throw badRequest("there is no caption in the message to edit");
        return { ...message, ...content };
      });
    },
    editmessagereplymarkup: (parameters) => edit(parameters, (message) => message),
    deletemessage({ chat_id, message_id }): true {
      if (integerOf(message_id, 0) <= 0) throw badRequest("message identifier is not specified");
      const state = chats.get(chat_id);
      const message = findMessage(state, message_id);
      if (!message) throw badRequest("message to delete not found");
      const isOwn = state.replies.includes(message);
      if (!isOwn && state.chat.type !== "private") throw badRequest("message can't be deleted");
      removeMessage(state, message);
      return true;
    },
    deletemessages({ chat_id, message_ids }): true {
      const ids = listOf(message_ids, "message_ids", "message identifiers");
      if (!ids) throw badRequest("message identifiers are not specified");
      if (ids.length > 100) throw badRequest("too many message identifiers specified");
      const state = chats.get(chat_id);
      for (const message of ids.map((id) => findMessage(state, id)))
        if (message) removeMessage(state, message);
      return true;
    },
  };

  /** Replaces a message of the bot. Its keyboard is what the call says, so none when it names none. */
  function edit(
    parameters: Parameters,
    change: (message: Message.CommonMessage & Partial<Message>) => object,
  ): Message {
    const { chat_id, message_id, inline_message_id } = parameters;
    const reply_markup = inlineKeyboardOf(parameters.reply_markup);
    if (chat_id === undefined && inline_message_id !== undefined)
      throw badRequest("MESSAGE_ID_INVALID"); // there are no inline messages
    if (integerOf(message_id, 0) <= 0) throw badRequest("message identifier is not specified");
    const state = chats.get(chat_id);
    const message = findMessage(state, message_id);
    if (!message) throw badRequest("message to edit not found");
    const index = state.replies.indexOf(message);
    if (index < 0) throw badRequest("message can't be edited");
    const { reply_markup: _, edit_date, ...before } = message as Message.CommonMessage;
    const changed = { ...change(before as never), ...(reply_markup && { reply_markup }) };
    const { edit_date: __, ...current } = message as Message.CommonMessage;
    if (isDeepStrictEqual(changed, current)) throw badRequest(notModified);
    spend(state.chat);
    const edited = { ...changed, edit_date: unixTime() } as Message;
    state.replies[index] = edited;
    return edited;
  }
}

const notModified =
  "message is not modified: specified new message content and reply markup are exactly the same as a " +
  "current content and reply markup of the message";
