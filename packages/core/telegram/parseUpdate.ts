import { hash } from "node:crypto";
import { limits } from "@keepsake/contract/limits";
import { storableText, telegramFile } from "@keepsake/contract/schemas";
import * as z from "zod/mini";
import { displayText } from "../displayText.ts";
import type { TelegramSource } from "../rehosts/rehostAttempts.sql.ts";

/** Longer than any text of Telegram's: a message has at most 4,096 characters. */
const boundedText = () => storableText(0, 10_000);

/** Text that is cut and cleaned when it is used; without it the picture is kept all the same. */
const tolerantText = () => z.catch(z.optional(z.string().check(z.maxLength(100_000))), undefined);

const file = z.object({ ...telegramFile(), file_size: z.optional(z.number()) });

/** What a message shows. Parts that have another shape are left out, so that the message itself is not. */
const shown = {
  photo: z.optional(z.array(file)),
  document: z.optional(z.extend(file, { mime_type: z.optional(boundedText()) })),
  caption: tolerantText(),
  media_group_id: tolerantText(),
};

/** A message that another one replies to: in the same chat, or elsewhere, then without its caption. */
const original = () => z.catch(z.optional(z.object(shown)), undefined);

const message = z.object({
  message_id: z.int(),
  from: z.optional(z.object({ id: z.int() })),
  sender_chat: z.optional(z.object({ id: z.int() })),
  is_automatic_forward: z.optional(z.boolean()),
  chat: z.object({ id: z.int(), type: boundedText() }),
  ...shown,
  text: z.optional(boundedText()),
  reply_to_message: original(),
  external_reply: original(),
});

const callback = z.object({
  id: boundedText(),
  from: z.object({
    id: z.int(),
    first_name: tolerantText(),
    last_name: tolerantText(),
    username: tolerantText(),
  }),
  message: z.optional(z.object({ chat: z.object({ id: z.int() }) })),
  data: z.optional(boundedText()),
});

/** The part of Telegram's Update that we use. Other fields are ignored. */
export const Update = z.object({
  message: z.optional(message),
  edited_message: z.optional(message),
  channel_post: z.optional(message),
  edited_channel_post: z.optional(message),
  callback_query: z.optional(callback),
});

/** What a Telegram user did. */
export type TelegramAction =
  | ({ kind: "image"; file_unique_id: string; source: TelegramSource } & SenderTexts)
  | { kind: "anonymous"; chat_id: number; message_id: number }
  | { kind: "start"; user_id: number; chat_id: number; token: string }
  | { kind: "unlink"; user_id: number; chat_id: number }
  | {
      kind: "button";
      user_id: number;
      chat_id: number;
      query_id: string;
      data: string;
      name: string | null;
    }
  | { kind: "nothing" };

/** Whose picture it is, and what its sender says about it. */
type SenderTexts = {
  owner_id: string;
  caption: string | undefined;
  /** The same for every picture of an album. */
  album_tag: string | undefined;
};

/** Parses an Update; undefined when it does not have the shape that Telegram documents. */
export function parseUpdate(body: unknown): TelegramAction | undefined {
  const parsed = Update.safeParse(body);
  if (!parsed.success) return undefined;
  const { callback_query: query, ...messages } = parsed.data;
  if (query?.message)
    return {
      kind: "button",
      user_id: query.from.id,
      chat_id: query.message.chat.id,
      query_id: query.id,
      data: query.data ?? "",
      name: nameOf(query.from),
    };
  const fresh = messages.message ?? messages.channel_post;
  const sent = fresh ?? messages.edited_message ?? messages.edited_channel_post;
  const action = sent && (command(sent) ?? image(sent));
  // its sender got the hint when the message was sent
  if (!action || (action.kind === "anonymous" && !fresh)) return { kind: "nothing" };
  return action;
}

/** The name that a user shows to others, else the unique one. Null when neither can be shown. */
function nameOf({ first_name = "", last_name = "", username = "" }: Presser): string | null {
  const shown = displayText(`${first_name} ${last_name}`, limits.caller_name_chars);
  const unique = displayText(username, limits.caller_name_chars - 1);
  return shown || (unique && `@${unique}`) || null;
}

type Presser = z.output<typeof callback>["from"];

type Message = z.output<typeof message>;

/** Commands are accepted in private chats only: in others the token would be visible to everyone. */
function command({ text, chat, from }: Message): TelegramAction | undefined {
  if (text === undefined || from === undefined || chat.type !== "private") return undefined;
  const sender = { user_id: from.id, chat_id: chat.id };
  const [, token] = /^\/start ([\w-]{1,64})$/.exec(text) ?? [];
  if (token !== undefined) return { kind: "start", ...sender, token };
  return text.trim() === "/unlink" ? { kind: "unlink", ...sender } : undefined;
}

function image(message: Message): TelegramAction | undefined {
  const { message_id, chat } = message;
  const { picture, of } = pictureOf(message) ?? {};
  if (!picture || !of || message.is_automatic_forward) return undefined;
  const user_id = senderOf(message);
  if (user_id === undefined) return { kind: "anonymous", chat_id: chat.id, message_id };
  const { file_id, file_unique_id } = picture;
  return {
    kind: "image",
    owner_id: `telegram:${user_id}`,
    file_unique_id,
    source: { file_id, chat_id: chat.id, message_id },
    caption: captionOf(of),
    album_tag: albumTag(of),
  };
}

/**
 * The picture of a message, or, in a private chat, of the message that it replies to: in a group, people reply to
 * each other's pictures without meaning the bot.
 */
function pictureOf(message: Message) {
  const { reply_to_message, external_reply, chat } = message;
  const originals = chat.type === "private" ? [reply_to_message, external_reply] : [];
  for (const of of [message, ...originals]) {
    const picture = of && (largest(of.photo ?? []) ?? (isImage(of.document) && of.document));
    if (picture) return { picture, of };
  }
  return undefined;
}

type Shown = Pick<Message, "caption" | "media_group_id" | "document">;

/** Without what Postgres rejects, and cut to the length of a caption. */
function captionOf({ caption = "" }: Shown): string | undefined {
  const text = caption.toWellFormed().replaceAll("\0", "").trim();
  return text.slice(0, limits.caption_chars).replace(/[\ud800-\udbff]$/, "") || undefined;
}

/** Telegram sends an album as a message for each picture, all with the same `media_group_id`. */
function albumTag({ media_group_id }: Shown): string | undefined {
  return media_group_id && `album-${hash("sha256", media_group_id).slice(0, 12)}`;
}

/**
 * The user who sent a message; undefined when it was sent on behalf of a chat: by a channel, or by an
 * anonymous administrator of a group. `from` is then absent, or a user that all such senders share
 * (https://core.telegram.org/bots/api#message).
 */
function senderOf({ from, sender_chat }: Message): number | undefined {
  if (sender_chat || !from || sharedUsers.includes(from.id)) return undefined;
  return from.id;
}

/** GroupAnonymousBot, Channel_Bot, and Telegram itself. */
const sharedUsers = [1_087_968_824, 136_817_688, 777_000];

/** The largest size within our limit, else the smallest. Telegram lists a photo's sizes in growing order. */
function largest(sizes: z.output<typeof file>[]) {
  const acceptable = sizes.filter(({ file_size = 0 }) => file_size <= limits.image_bytes);
  return acceptable.at(-1) ?? sizes[0];
}

const isImage = (document: Shown["document"]) => document?.mime_type?.startsWith("image/") === true;
