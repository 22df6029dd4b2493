import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { CallbackQuery, Chat, Message, Update, User } from "@grammyjs/types";
import { badRequest } from "./botApiError.ts";
import { type Chats, findMessage } from "./chats.ts";
import type { FileStore } from "./fileStore.ts";
import { withFound } from "./formatting/parseFormattedText.ts";

export type PhoneUser = { id: number; first_name: string; last_name?: string; username?: string };
export type NewUpdate = Omit<Update, "update_id"> & { update_id?: number };
export type Phone = ReturnType<ReturnType<typeof createPhones>>;

type PhonesOptions = { files: FileStore; chats: Chats; deliver: (update: NewUpdate) => Update };
type Options = {
  caption?: string;
  /** Of messages that are one album. */
  media_group_id?: string;
  /** A message in this chat, of the user or of the bot. */
  reply_to?: number;
};
type Document = Options & { file_name: string; mime_type: string };

/** Returns a function that opens the phone of a user. Phones of the same user share one chat. */
export function createPhones({ files, chats, deliver }: PhonesOptions) {
  return function phone(user: PhoneUser) {
    const from: User = { is_bot: false, language_code: "en", ...user };
    const chat: Chat.PrivateChat = { type: "private", ...user };
    const state = chats.open(chat);

    return {
      /** Sends a photo, of which Telegram makes four sizes. The bytes are not changed. */
      sendPhoto(bytes: Buffer, options: Options = {}) {
        return send({ photo: files.addPhoto(bytes) }, options);
      },
      /**
       * Sends photos as an album: a message for each, all with the same `media_group_id`. The caption of an album
       * is the one of its first photo.
       */
      sendAlbum(photos: Buffer[], { caption }: Pick<Options, "caption"> = {}) {
        const media_group_id = randomId();
        return photos.map((bytes, index) =>
          send(
            { photo: files.addPhoto(bytes) },
            { media_group_id, ...(caption && index === 0 && { caption }) },
          ),
        );
      },
      sendDocument(bytes: Buffer, { file_name, mime_type, ...options }: Document) {
        return send({ document: files.addDocument(bytes, file_name, mime_type) }, options);
      },
      /** Sends at most 4,096 characters, as Telegram's apps do: a longer text becomes several messages there. */
      sendText(text: string, options: Pick<Options, "reply_to"> = {}) {
        if (text.length > 4_096)
          throw badRequest("the text is over 4096 characters: send it as several messages");
        const entities = withFound({ text, entities: [] });
        return send({ text, ...(entities.length > 0 && { entities }) }, options);
      },
      /** Sends the caption of a message again, as when its sender edits it. */
      editCaption(message: Message, caption: string) {
        const edit_date = Math.floor(Date.now() / 1_000);
        deliver({ edited_message: { ...message, caption, edit_date } as never });
      },
      /** Presses a button below a message, which may be in another user's chat. */
      press(data: string, message: Message): CallbackQuery {
        const callback_query: CallbackQuery = {
          id: randomId(),
          from,
          message,
          chat_instance: String(message.chat.id),
          data,
        };
        deliver({ callback_query });
        return callback_query;
      },
      /** From now on the bot's messages to this user fail with 403. */
      block() {
        state.isBlocked = true;
      },
      /** The messages that the bot sent here, oldest first. */
      replies: (): Message[] => state.replies,
      /** The next reply after the one that was returned last. Throws after `timeoutMs`, or on `signal`. */
      async waitForReply(timeoutMs = 5_000, signal?: AbortSignal): Promise<Message> {
        const timeout = AbortSignal.timeout(timeoutMs);
        const aborted = signal ? AbortSignal.any([timeout, signal]) : timeout;
        while (state.repliesRead >= state.replies.length)
          await once(state.events, "reply", { signal: aborted }).catch(() => {
            throw new Error(`The bot sent nothing to ${user.first_name} in ${timeoutMs} ms`);
          });
        return state.replies[state.repliesRead++]!;
      },
    };

    function send(content: object, { reply_to, ...options }: Options): Message {
      const message = {
        ...chats.newMessage(chat),
        from,
        ...content,
        ...options,
        ...(reply_to !== undefined && { reply_to_message: originalOf(reply_to) }),
      } as Message & Update.NonChannel;
      deliver({ message });
      return message;
    }

    /** A message as a reply contains it: without the one that it replies to itself. */
    function originalOf(message_id: number) {
      const original = findMessage(state, message_id);
      if (!original) throw badRequest("message to be replied not found");
      const { reply_to_message: _, ...rest } = original as Message.CommonMessage;
      return rest;
    }
  };
}

const randomId = () => String(randomBytes(6).readUIntBE(0, 6));
