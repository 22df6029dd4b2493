import type { MessageEntity } from "@grammyjs/types";
import { byteOffset, type Formatted, linkEntity, ParseError, sorted } from "./formattedEntities.ts";

type Attributes = Record<string, string>;
type Open = { tag: string; attributes: Attributes; offset: number };

/** The text and entities of Telegram's HTML. Throws Telegram's error for tags that it does not know or that do not match. */
export function parseHtml(input: string): Formatted {
  const entities: MessageEntity[] = [];
  const open: Open[] = [];
  let text = "";
  let at = 0;

  while (at < input.length) {
    const character = input[at]!;
    if (character === "<") {
      if (input[at + 1] === "/") end();
      else start();
      continue;
    }
    const [whole, decoded] = decodeReference(input.slice(at, at + 12));
    text += decoded ?? character;
    at += whole?.length ?? 1;
  }
  const last = open.at(-1);
  if (last) throw new ParseError(`Can't find end tag corresponding to start tag ${last.tag}`);
  return { text, entities: sorted(entities) };

  function start() {
    const place = () => byteOffset(input, at);
    const [whole = "", tag = ""] = /^<([^\s>]*)/.exec(input.slice(at))!;
    const name = tag.toLowerCase();
    let next = at + whole.length;
    if (next >= input.length) throw new ParseError(`Unclosed start tag at byte offset ${place()}`);
    if (!Object.hasOwn(types, name))
      throw new ParseError(`Unsupported start tag "${name}" at byte offset ${place()}`);
    const attributes: Attributes = {};
    for (;;) {
      const rest = input.slice(next);
      const [close] = /^\s*>/.exec(rest) ?? [];
      if (close) {
        next += close.length;
        break;
      }
      const [attribute, key, , double, single, bare] = attributePattern.exec(rest) ?? [];
      if (!attribute || !key)
        throw new ParseError(`Unclosed start tag "${name}" at byte offset ${place()}`);
      attributes[key.toLowerCase()] = decodeAll(double ?? single ?? bare?.toLowerCase() ?? "");
      next += attribute.length;
    }
    if (name === "span" && attributes.class !== "tg-spoiler")
      throw new ParseError(`Tag "span" must have class "tg-spoiler" at byte offset ${place()}`);
    open.push({ tag: name, attributes, offset: text.length });
    at = next;
  }

  function end() {
    const place = () => byteOffset(input, at);
    const inner = open.pop();
    if (!inner) throw new ParseError(`Unexpected end tag at byte offset ${place()}`);
    const [whole, tag = ""] = /^<\/([^\s>]*)\s*>/.exec(input.slice(at)) ?? [];
    if (!whole) throw new ParseError(`Unclosed end tag at byte offset ${place()}`);
    const name = tag.toLowerCase();
    if (name && name !== inner.tag)
      throw new ParseError(
        `Unmatched end tag at byte offset ${place()}, expected "</${inner.tag}>", found "</${name}>"`,
      );
    at += whole.length;
    if (text.length > inner.offset) add(inner);
  }

  function add({ tag, attributes, offset }: Open) {
    const length = text.length - offset;
    const type = types[tag as keyof typeof types];
    const previous = entities.at(-1);
    if (type === "text_link") {
      const link = linkEntity(attributes.href || text.slice(offset), offset, length);
      if (link) entities.push(link);
    } else if (type === "custom_emoji") {
      const custom_emoji_id = attributes["emoji-id"] ?? "";
      if (!/^[1-9]\d*$/.test(custom_emoji_id))
        throw new ParseError("Invalid custom emoji identifier specified");
      entities.push({ type, offset, length, custom_emoji_id });
    } else if (type === "blockquote" && Object.hasOwn(attributes, "expandable"))
      entities.push({ type: "expandable_blockquote", offset, length });
    else if (type === "pre" && previous?.type === "code" && covers(previous, offset, length)) {
      // <pre><code class="language-…"> is one block of code
      entities[entities.length - 1] = { ...previous, type: "pre" } as MessageEntity;
    } else {
      const [, language] = /^language-(.+)/.exec(attributes.class ?? "") ?? [];
      const entity = { type, offset, length, ...(type === "code" && language && { language }) };
      entities.push(entity as MessageEntity);
    }
  }
}

const covers = (entity: MessageEntity, offset: number, length: number) =>
  entity.offset === offset && entity.length === length;

const attributePattern = /^\s*([^\s=>]+)(\s*=\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+)))?/;

/** The tags that Telegram knows. */
const types = {
  b: "bold",
  strong: "bold",
  i: "italic",
  em: "italic",
  u: "underline",
  ins: "underline",
  s: "strikethrough",
  strike: "strikethrough",
  del: "strikethrough",
  span: "spoiler",
  "tg-spoiler": "spoiler",
  "tg-emoji": "custom_emoji",
  a: "text_link",
  code: "code",
  pre: "pre",
  blockquote: "blockquote",
} as const;

const named: Record<string, string> = { lt: "<", gt: ">", amp: "&", quot: '"' };

/** A character reference at the start of a text, and its character. Others than four names stay as they are. */
function decodeReference(text: string): [whole?: string, decoded?: string] {
  const [whole, hex, decimal, name] = /^&(?:#x([\da-f]+)|#(\d+)|([a-z]+));?/i.exec(text) ?? [];
  if (!whole) return [];
  if (name) return Object.hasOwn(named, name) ? [whole, named[name]!] : [];
  const code = hex ? Number.parseInt(hex, 16) : Number(decimal);
  return code > 0 && code < 0x10ffff ? [whole, String.fromCodePoint(code)] : [];
}

const decodeAll = (text: string) =>
  text.replace(/&(#x?)?[\da-z]+;?/gi, (reference) => decodeReference(reference)[1] ?? reference);
