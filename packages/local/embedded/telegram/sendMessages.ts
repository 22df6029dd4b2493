import { randomInt } from "node:crypto";
import type { Message, MessageId } from "@grammyjs/types";
import { badRequest } from "./botApiError.ts";
import type { BotContext, Method } from "./botContext.ts";
import { type ChatState, findMessage, unixTime } from "./chats.ts";
import { inlineKeyboardOf } from "./checkReplyMarkup.ts";
import { inputDocument, inputPhoto } from "./filesThatBotsSend.ts";
import { captionOf, textContentOf } from "./messageContent.ts";
import {
  type Attachments,
  isTrue,
  jsonOf,
  listOf,
  type Parameters,
  textOf,
} from "./requestParameters.ts";

/** The methods that send messages. */
export function sendingMethods({ bot, chats, files, spend }: BotContext): Record<string, Method> {
  return {
    sendmessage: (parameters) => send(parameters, textContentOf(parameters)),
    async sendphoto(parameters, attached) {
      const photo = await inputPhoto({ value: parameters.photo, field: "photo", attached, files });
      if (!photo) throw badRequest("there is no photo in the request");
      return send(parameters, { photo, ...captionOf(parameters), ...shownAs(parameters) });
    },
    async senddocument(parameters, attached) {
      const { document: value } = parameters;
      const document = await inputDocument({ value, field: "document", attached, files });
      if (!document) throw badRequest("there is no document in the request");
      return send(parameters, { document, ...captionOf(parameters) });
    },
    async sendmediagroup(parameters, attached) {
      if (!textOf(parameters.media) && typeof parameters.media !== "object")
        throw badRequest('parameter "media" is required');
      const list = listOf(parameters.media, "media", "InputMedia") ?? [];
      if (list.length === 0) throw badRequest("there are no messages to send");
      if (list.length > 10) throw badRequest("too many messages to send as an album");
      const contents: object[] = [];
      for (const media of list) contents.push(await mediaOf(media, attached));
      const documents = contents.filter((content) => "document" in content).length;
      if (documents > 0 && documents < contents.length)
        throw badRequest("document can't be mixed with other media types");
      const { state, replied } = placeOf(parameters, contents.length);
      const album = list.length > 1 && { media_group_id: `${randomInt(2 ** 47)}` };
      return contents.map((content) => add(state, { ...content, ...album, ...replied }));
    },
    copymessage(parameters): MessageId {
      const { from_chat_id, message_id, caption } = parameters;
      const original = originalOf(from_chat_id, message_id, "copy");
      const { message_id: _, date, chat, from, ...content } = original as Message & object;
      const { reply_to_message, reply_markup, edit_date, media_group_id, ...copied } = content;
      const {
        caption: _caption,
        caption_entities,
        ...withoutCaption
      } = copied as Message.CaptionableMessage;
      const isNew =
        caption !== undefined && caption !== null && ("photo" in copied || "document" in copied);
      const sent = isNew ? { ...withoutCaption, ...captionOf(parameters) } : copied;
      return { message_id: send(parameters, sent).message_id };
    },
    forwardmessage(parameters) {
      const original = originalOf(parameters.from_chat_id, parameters.message_id, "forward");
      const { message_id: _, chat, from, reply_to_message, reply_markup, ...content } = original;
      const { date } = original;
      const forward_origin = { type: "user", sender_user: from, date };
      return send(parameters, { ...content, forward_origin });
    },
  };

  function send(parameters: Parameters, content: object): Message {
    const reply_markup = inlineKeyboardOf(parameters.reply_markup);
    const { state, replied } = placeOf(parameters);
    const isProtected = isTrue(parameters.protect_content) && { has_protected_content: true };
    return add(state, {
      ...content,
      ...replied,
      ...isProtected,
      ...(reply_markup && { reply_markup }),
    });
  }

  function add(state: ChatState, content: object): Message {
    const message = { ...chats.newMessage(state.chat), from: bot, ...content, date: unixTime() };
    return chats.reply(state, message as Message);
  }

  /** The chat, and the message that is replied to. Counts the messages that will be sent there. */
  function placeOf(parameters: Parameters, messages = 1) {
    const { reply_parameters, reply_to_message_id, allow_sending_without_reply } = parameters;
    const reply = jsonOf(reply_parameters, "reply parameters") ?? {
      message_id: reply_to_message_id,
      allow_sending_without_reply,
    };
    if (typeof reply !== "object" || reply === null)
      throw badRequest("object expected as reply parameters");
    const { message_id, allow_sending_without_reply: isOptional } = reply as Parameters;
    const state = chats.get(parameters.chat_id);
    const isReply = message_id !== undefined && message_id !== "";
    const original = isReply ? findMessage(state, message_id) : undefined;
    if (isReply && !original && !isTrue(isOptional))
      throw badRequest("message to be replied not found");
    spend(state.chat, messages);
    const { reply_to_message: _, ...shown } = (original ?? {}) as Message;
    return { state, replied: original ? { reply_to_message: shown } : {} };
  }

  async function mediaOf(media: unknown, attached: Attachments): Promise<object> {
    const { type, media: value, ...rest } = (jsonOf(media, "input media") ?? {}) as Parameters;
    const cannot = "can't parse InputMedia: ";
    if (type !== "photo" && type !== "document")
      throw badRequest(`${cannot}type "${textOf(type)}" can't be used in sendMediaGroup`);
    const content =
      type === "photo"
        ? { photo: await inputPhoto({ value, attached, files }) }
        : { document: await inputDocument({ value, attached, files }) };
    if (!Object.values(content)[0]) throw badRequest(`${cannot}media not found`);
    return { ...content, ...captionOf(rest), ...shownAs(rest) };
  }

  function originalOf(chat_id: unknown, message_id: unknown, verb: string): Message {
    const original = findMessage(chats.get(chat_id), message_id);
    if (!original) throw badRequest(`message to ${verb} not found`);
    return original;
  }
}

/** How the app shows a photo. */
const shownAs = ({ has_spoiler, show_caption_above_media }: Parameters) => ({
  ...(isTrue(has_spoiler) && { has_media_spoiler: true }),
  ...(isTrue(show_caption_above_media) && { show_caption_above_media: true }),
});
