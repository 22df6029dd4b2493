import type { MessageEntity } from "@grammyjs/types";
import { byteOffset, type Formatted, linkEntity, ParseError, sorted } from "./formattedEntities.ts";

type Kind = keyof typeof names;
type Open = { kind: Kind; offset: number; at: number; language?: string };

/** The names that Telegram's errors give to what is not closed. */
const names = {
  bold: "Bold",
  italic: "Italic",
  underline: "Underline",
  strikethrough: "Strikethrough",
  spoiler: "Spoiler",
  code: "Code",
  pre: "Pre",
  text_link: "TextUrl",
  custom_emoji: "CustomEmoji",
  blockquote: "BlockQuote",
} as const;

/** The text and entities of MarkdownV2. Throws Telegram's error for a character that is not escaped or closed. */
export function parseMarkdownV2(input: string): Formatted {
  const entities: MessageEntity[] = [];
  const open: Open[] = [];
  let quotes = 0;
  let text = "";
  let at = 0;

  while (at < input.length) {
    const character = input[at]!;
    const inner = open.at(-1);
    if (character === "\\" && isAscii(input[at + 1])) {
      text += input[at + 1];
      at += 2;
    } else if (!isReserved(character, inner)) {
      text += character;
      at += 1;
    } else if (inQuote() && character === "\n" && input[at + 1] !== ">") closeQuote();
    else if (inner && inner.kind !== "blockquote" && input.startsWith(endOf(inner), at))
      close(inner);
    else begin(character);
  }
  if (inQuote()) closeQuote();
  if (open.length > 0) throw notClosed(open.at(-1)!);
  return { text, entities: sorted(entities) };

  function endOf({ kind }: Open) {
    // two underscores are the mark of an underline, also within italic
    if (kind === "italic" && input.startsWith("__", at)) return "\0";
    return ends[kind as keyof typeof ends];
  }

  function begin(character: string) {
    if (character === "\n") {
      text += "\n";
      at += 1;
      if (input[at] !== ">") return;
      if (inQuote()) at += 1;
      else push("blockquote", 1);
      return;
    }
    const opened = begins.find(([mark]) => input.startsWith(mark, at));
    // two stars separate a quote from the quote before it
    if (character === ">" && /^$|(?:^|\n)\*\*$/.test(input.slice(0, at)))
      return void push("blockquote", 1);
    if (!opened)
      throw new ParseError(
        `Character '${character}' is reserved and must be escaped with the preceding '\\'`,
      );
    const [mark, kind] = opened;
    push(kind, mark.length);
    if (kind === "pre") readLanguage(open.at(-1)!);
  }

  function push(kind: Kind, length: number) {
    open.push({ kind, offset: text.length, at });
    if (kind === "blockquote") quotes += 1;
    at += length;
  }

  /** After the mark of a block of code: the name of a language, and one line end. */
  function readLanguage(block: Open) {
    const [, language = ""] = /^([^\s`]+)(?=\s)/.exec(input.slice(at)) ?? [];
    if (language) block.language = language;
    at += language.length;
    at += /^(\r\n|\n\r|\n|\r)?/.exec(input.slice(at))![0].length;
  }

  function close(inner: Open) {
    open.pop();
    const { kind, offset, language } = inner;
    const length = text.length - offset;
    at += ends[kind as keyof typeof ends].length;
    if (kind === "text_link") {
      const link = linkEntity(readUrl("a URL") ?? text.slice(offset), offset, length);
      if (link) entities.push(link);
    } else if (kind === "custom_emoji") {
      const [, id] = /^tg:\/\/emoji\?id=(\d+)$/.exec(readUrl("a custom emoji URL") ?? "") ?? [];
      if (!id) throw new ParseError("Custom emoji entity must contain a tg://emoji URL");
      entities.push({ type: "custom_emoji", offset, length, custom_emoji_id: id });
    } else if (length > 0)
      entities.push({ type: kind, offset, length, ...(language && { language }) } as MessageEntity);
  }

  /** The URL in parentheses; undefined when there is none. */
  function readUrl(what: string): string | undefined {
    if (input[at] !== "(") return undefined;
    const from = ++at;
    let url = "";
    for (; at < input.length && input[at] !== ")"; at += 1) {
      if (input[at] === "\\" && isAscii(input[at + 1])) at += 1;
      url += input[at];
    }
    if (at >= input.length)
      throw new ParseError(`Can't find end of ${what} at byte offset ${byteOffset(input, from)}`);
    at += 1;
    return url;
  }

  function inQuote() {
    return quotes > 0;
  }

  /** A quote ends with its last line. Two bars at its end make it expandable. */
  function closeQuote() {
    const last = open.at(-1)!;
    const isExpandable = last.kind === "spoiler" && last.offset === text.length;
    if (isExpandable) open.pop();
    const quote = open.pop()!;
    if (quote.kind !== "blockquote") throw notClosed(quote);
    quotes -= 1;
    const length = text.length - quote.offset;
    const type = isExpandable ? "expandable_blockquote" : "blockquote";
    if (length > 0) entities.push({ type, offset: quote.offset, length });
    if (at < input.length) text += "\n";
    at += 1;
  }

  function notClosed({ kind, at: from, language }: Open) {
    const name = language ? "PreCode" : names[kind];
    return new ParseError(
      `Can't find end of ${name} entity at byte offset ${byteOffset(input, from)}`,
    );
  }
}

/** The longest first. */
const begins: [mark: string, kind: Kind][] = [
  ["```", "pre"],
  ["`", "code"],
  ["__", "underline"],
  ["_", "italic"],
  ["*", "bold"],
  ["~", "strikethrough"],
  ["||", "spoiler"],
  ["![", "custom_emoji"],
  ["[", "text_link"],
];

const ends = {
  pre: "```",
  code: "`",
  underline: "__",
  italic: "_",
  bold: "*",
  strikethrough: "~",
  spoiler: "||",
  custom_emoji: "]",
  text_link: "]",
};

/** Within code only its own mark has a meaning. */
const isReserved = (character: string, inner: Open | undefined) =>
  inner?.kind === "code" || inner?.kind === "pre"
    ? character === "`"
    : "_*[]()~`>#+-=|{}.!\n".includes(character);

/** What a backslash escapes. */
const isAscii = (character = "") => character > "\0" && character < "\x7f";
