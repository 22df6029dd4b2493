import type { MessageEntity } from "@grammyjs/types";
import { badRequest } from "../botApiError.ts";
import { isObject, listOf, textOf } from "../requestParameters.ts";
import { type Formatted, ParseError, sorted } from "./formattedEntities.ts";
import { parseHtml } from "./parseHtml.ts";
import { parseMarkdown } from "./parseMarkdown.ts";
import { parseMarkdownV2 } from "./parseMarkdownV2.ts";

type Input = { text: unknown; parse_mode: unknown; entities: unknown };

/**
 * The text of a message or caption with its entities: parsed by `parse_mode`, or those that the caller names, and what
 * Telegram finds by itself. Throws Telegram's error when the formatting is not valid.
 */
export function formattedText({ text, parse_mode, entities }: Input): Formatted {
  const input = textOf(text);
  if (Buffer.byteLength(input) > 1 << 15) throw badRequest("text is too long");
  const mode = textOf(parse_mode).toLowerCase();
  const formatted =
    input === "" || mode === "" || mode === "none"
      ? { text: input, entities: givenEntities(entities) }
      : parse(input, mode);
  const trimmed = trim(formatted);
  return { text: trimmed.text, entities: withFound(trimmed) };
}

function givenEntities(value: unknown): MessageEntity[] {
  const list = listOf(value, "entities", "MessageEntity") ?? [];
  for (const entity of list) {
    const { type, offset, length } = (isObject(entity) ? entity : {}) as Partial<MessageEntity>;
    if (typeof type !== "string" || !Number.isInteger(offset) || !Number.isInteger(length))
      throw badRequest("can't parse MessageEntity: it must have a type, an offset and a length");
  }
  return list as MessageEntity[];
}

function parse(input: string, mode: string): Formatted {
  const parser = Object.hasOwn(parsers, mode) && parsers[mode];
  if (!parser) throw badRequest("unsupported parse_mode");
  try {
    return parser(input);
  } catch (error) {
    if (error instanceof ParseError) throw badRequest(`can't parse entities: ${error.message}`);
    throw error;
  }
}

const parsers: Record<string, (input: string) => Formatted> = {
  markdownv2: parseMarkdownV2,
  markdown: parseMarkdown,
  html: parseHtml,
};

/** Without the white space around the text; entities that were of it only are dropped. */
function trim({ text, entities }: Formatted): Formatted {
  const start = text.length - text.trimStart().length;
  const shown = text.trim();
  const kept = entities.flatMap((entity) => {
    const from = Math.max(0, entity.offset - start);
    const to = Math.min(shown.length, entity.offset + entity.length - start);
    return to > from ? [{ ...entity, offset: from, length: to - from }] : [];
  });
  return { text: shown, entities: kept };
}

/** Adds what Telegram finds in a text by itself, where no entity is yet. */
export function withFound({ text, entities }: Formatted): MessageEntity[] {
  const all = [...entities];
  const taken = new Uint8Array(text.length);
  for (const { offset, length } of entities) taken.fill(1, offset, offset + length);
  for (const [type, pattern] of patterns)
    for (const { 0: whole, index: offset } of text.matchAll(pattern)) {
      const end = offset + whole.length;
      if (taken.subarray(offset, end).includes(1)) continue;
      taken.fill(1, offset, end);
      all.push({ type, offset, length: whole.length } as MessageEntity);
    }
  return sorted(all);
}

const patterns: [MessageEntity["type"], RegExp][] = [
  ["url", /https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]']/g],
  ["email", /(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g],
  ["bot_command", /(?<![\w/])\/\w{1,64}(?:@\w{3,32})?(?![\w/])/g],
  ["mention", /(?<![\w@])@[a-z]\w{2,31}/gi],
  ["hashtag", /(?<![\p{L}\p{N}_#])#[\p{L}\p{N}_]*[\p{L}_][\p{L}\p{N}_]*/gu],
];
