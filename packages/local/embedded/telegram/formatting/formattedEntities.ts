import type { MessageEntity } from "@grammyjs/types";

/** A text and what of it is bold, a link and so on. Offsets and lengths are in UTF-16 code units, as JavaScript's. */
export type Formatted = { text: string; entities: MessageEntity[] };

/** The formatting of a text is not valid; the message is Telegram's. */
export class ParseError extends Error {}

/** Outer entities come before those that they contain. */
export const sorted = (entities: MessageEntity[]) =>
  entities.toSorted((a, b) => a.offset - b.offset || b.length - a.length);

/** Telegram's errors name places in the UTF-8 of the text. */
export const byteOffset = (input: string, at: number) => Buffer.byteLength(input.slice(0, at));

/** A link or the mention of a user; undefined when nothing is shown, or the URL is not one. */
export function linkEntity(url: string, offset: number, length: number): MessageEntity | undefined {
  if (length <= 0) return undefined;
  const [, id] = /^tg:\/\/user\?id=(\d+)$/.exec(url) ?? [];
  if (id) {
    const user = { id: Number(id), is_bot: false, first_name: "User" };
    return { type: "text_mention", offset, length, user };
  }
  const parsed = URL.parse(/^[a-z][a-z\d+.-]*:/i.test(url) ? url : `http://${url}`);
  const isWeb = parsed?.hostname.includes(".") || parsed?.hostname === "localhost";
  if (!parsed || (!isWeb && !/^(tg|ton|tonsite|mailto|tel):$/.test(parsed.protocol)))
    return undefined;
  return { type: "text_link", offset, length, url: parsed.href };
}
