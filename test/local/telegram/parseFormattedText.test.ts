import { formattedText } from "@keepsake/local/embedded/telegram/formatting/parseFormattedText";
import { describe, expect, test } from "vitest";

const parse = (parse_mode: string, text: string) => {
  const { text: shown, entities } = formattedText({ text, parse_mode, entities: undefined });
  const marked = entities.map((entity) => {
    const { type, offset, length, ...rest } = entity;
    return [type, shown.slice(offset, offset + length), ...Object.values(rest)];
  });
  return [shown, ...marked];
};
const errorOf = (parse_mode: string, text: string) => {
  try {
    parse(parse_mode, text);
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
};
const reserved = (character: string) =>
  `Character '${character}' is reserved and must be escaped with the preceding '\\'`;

describe("MarkdownV2", () => {
  test.for<[string, unknown[]]>([
    [
      "*b* _i_ __u__ ~s~ ||x||",
      [
        "b i u s x",
        ["bold", "b"],
        ["italic", "i"],
        ["underline", "u"],
        ["strikethrough", "s"],
        ["spoiler", "x"],
      ],
    ],
    ["*b _i b_*", ["b i b", ["bold", "b i b"], ["italic", "i b"]]],
    ["__u _i_**__", ["u i", ["underline", "u i"], ["italic", "i"]]],
    ["1\\.5 \\*no\\*", ["1.5 *no*"]],
    ["😀 *é😀*", ["😀 é😀", ["bold", "é😀"]]],
    ["`a*b_` x", ["a*b_ x", ["code", "a*b_"]]],
    ["```js\nlet a\\`\n```", ["let a`", ["pre", "let a`", "js"]]],
    ["[text](https://e.com/\\)x)", ["text", ["text_link", "text", "https://e.com/)x"]]],
    ["[ann](tg://user?id=5)", ["ann", ["text_mention", "ann", expect.objectContaining({ id: 5 })]]],
    ["![👍](tg://emoji?id=12)", ["👍", ["custom_emoji", "👍", "12"]]],
    ["a\n>q1\n>q2\nb", ["a\nq1\nq2\nb", ["blockquote", "q1\nq2"]]],
    [">q\n>r||", ["q\nr", ["expandable_blockquote", "q\nr"]]],
    [
      "see https://e\\.com/a /go @ann \\#tag",
      [
        "see https://e.com/a /go @ann #tag",
        ["url", "https://e.com/a"],
        ["bot_command", "/go"],
        ["mention", "@ann"],
        ["hashtag", "#tag"],
      ],
    ],
    ["**", [""]],
  ])("of %j is shown as Telegram shows it", ([input, expected], { expect }) => {
    expect(parse("MarkdownV2", input)).toEqual(expected);
  });

  test.for([
    ...[..."()>#+-=|{}.!]"].map((character) => [`ab${character}`, reserved(character)]),
    ["*b", "Can't find end of Bold entity at byte offset 0"],
    ["é _i", "Can't find end of Italic entity at byte offset 3"],
    ["`c", "Can't find end of Code entity at byte offset 0"],
    ["```js\nc", "Can't find end of PreCode entity at byte offset 0"],
    ["*b _i* _", "Can't find end of Italic entity at byte offset 7"],
    ["[t](http://e", "Can't find end of a URL at byte offset 4"],
    ["![t](http://e)", "Custom emoji entity must contain a tg://emoji URL"],
  ] as [string, string][])("of %j is refused", ([input, reason], { expect }) => {
    expect(errorOf("MarkdownV2", input)).toBe(`Bad Request: can't parse entities: ${reason}`);
  });
});

describe("HTML", () => {
  test.for<[string, unknown[]]>([
    [
      "<b>b</b> <i>i</i> <u>u</u> <s>s</s>",
      ["b i u s", ["bold", "b"], ["italic", "i"], ["underline", "u"], ["strikethrough", "s"]],
    ],
    ["<B>b<em>i</em></B>", ["bi", ["bold", "bi"], ["italic", "i"]]],
    ["1 &lt; 2 &amp;&#x41;&#66; &nbsp;", ["1 < 2 &AB &nbsp;"]],
    ['<a href="https://e.com/?a=1&amp;b">t</a>', ["t", ["text_link", "t", "https://e.com/?a=1&b"]]],
    ["<pre><code class='language-js'>x</code></pre>", ["x", ["pre", "x", "js"]]],
    ["<code>x</code>", ["x", ["code", "x"]]],
    [
      '<span class="tg-spoiler">x</span><tg-spoiler>y</tg-spoiler>',
      ["xy", ["spoiler", "x"], ["spoiler", "y"]],
    ],
    ["<blockquote expandable>q</blockquote>", ["q", ["expandable_blockquote", "q"]]],
    ["<b></b>x", ["x"]],
    ["&constructor; &toString;", ["&constructor; &toString;"]],
  ])("of %j is shown as Telegram shows it", ([input, expected], { expect }) => {
    expect(parse("html", input)).toEqual(expected);
  });

  test.for([
    ["é<div>x</div>", 'Unsupported start tag "div" at byte offset 2'],
    ["<constructor>x", 'Unsupported start tag "constructor" at byte offset 0'],
    ["<b>x", "Can't find end tag corresponding to start tag b"],
    ["x</b>", "Unexpected end tag at byte offset 1"],
    ["<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'],
    ["a <b", "Unclosed start tag at byte offset 2"],
    ["<b>a</b", "Unclosed end tag at byte offset 4"],
    ["<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'],
    ["1 < 2", 'Unsupported start tag "" at byte offset 2'],
  ])("of %j is refused", ([input = "", reason], { expect }) => {
    expect(errorOf("HTML", input)).toBe(`Bad Request: can't parse entities: ${reason}`);
  });
});

describe("Markdown", () => {
  test.for<[string, unknown[]]>([
    ["*b* _i_ `c` \\_", ["b i c _", ["bold", "b"], ["italic", "i"], ["code", "c"]]],
    ["```js\nx```", ["x", ["pre", "x", "js"]]],
    ["[t](e.com) 1.5!", ["t 1.5!", ["text_link", "t", "http://e.com/"]]],
  ])("of %j is shown as Telegram shows it", ([input, expected], { expect }) => {
    expect(parse("Markdown", input)).toEqual(expected);
  });

  test("that is not closed is refused", () => {
    expect(errorOf("Markdown", "é snake_case")).toBe(
      "Bad Request: can't parse entities: Can't find end of the entity starting at byte offset 8",
    );
  });
});

test.for(["", "Markdown", "MarkdownV2", "HTML"])(
  "a text far over the limit is refused in %j",
  (mode, { expect }) => {
    expect(errorOf(mode, "a".repeat(1_000_000))).toContain("too long");
  },
);

test("white space around a text is removed, and its entities stay where they are", () => {
  expect(parse("HTML", " \n <b> x </b>y \n")).toEqual(["x y", ["bold", "x "]]);
});
