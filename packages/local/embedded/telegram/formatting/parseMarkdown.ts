import type { MessageEntity } from "@grammyjs/types";
import { byteOffset, type Formatted, linkEntity, ParseError, sorted } from "./formattedEntities.ts";

/** The text and entities of Telegram's first Markdown, in which nothing is nested. Throws for what is not closed. */
export function parseMarkdown(input: string): Formatted {
  const entities: MessageEntity[] = [];
  let text = "";
  let at = 0;
  while (at < input.length) {
    const escaped = /^\\([_*`[])/.exec(input.slice(at, at + 2));
    const mark = input.startsWith("```", at) ? "```" : input[at]!;
    if (escaped || !Object.hasOwn(kinds, mark)) {
      text += escaped ? escaped[1] : input[at];
      at += escaped ? 2 : 1;
      continue;
    }
    const { type, end } = kinds[mark as keyof typeof kinds];
    const closing = input.indexOf(end, at + mark.length);
    if (closing < 0)
      throw new ParseError(
        `Can't find end of the entity starting at byte offset ${byteOffset(input, at)}`,
      );
    const content = input.slice(at + mark.length, closing);
    const [, language, code] = type === "pre" ? splitCode(content) : [];
    const shown = code ?? content;
    const place = { offset: text.length, length: shown.length };
    text += shown;
    at = closing + end.length;
    if (type === "text_link") {
      const [whole = "", url = content] = /^\(([^)]*)\)?/.exec(input.slice(at)) ?? [];
      at += whole.length;
      const link = linkEntity(url, place.offset, place.length);
      if (link) entities.push(link);
    } else if (shown)
      entities.push({ type, ...place, ...(language && { language }) } as MessageEntity);
  }
  return { text, entities: sorted(entities) };
}

/** A block of code may begin with the name of its language, and one line end. */
const splitCode = (content: string) =>
  /^(?:([^\s`]+)(?=\s))?(?:\r\n|\n\r|\n|\r)?([\s\S]*)$/.exec(content)!;

const kinds = {
  "```": { type: "pre", end: "```" },
  "`": { type: "code", end: "`" },
  _: { type: "italic", end: "_" },
  "*": { type: "bold", end: "*" },
  "[": { type: "text_link", end: "]" },
} as const;
