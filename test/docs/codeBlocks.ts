import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

export type Block = {
  /** `README.md:12`, of its first line. */
  at: string;
  /** What is written after the fence; empty when nothing is. */
  language: string;
  text: string;
  /** The file of examples/ that the paragraph before the block links to: the block quotes it. */
  quotes?: string;
};

/** The fenced blocks of a file, in order. */
export function codeBlocks(file: string): Block[] {
  const content = readFileSync(join(root, file), "utf8");
  return [...content.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(
    ({ index, 1: language = "", 2: text = "" }) => {
      const before = content.slice(0, index);
      const paragraph = before.trimEnd().split("\n\n").at(-1)!;
      const [, quotes] = /\]\(\.\.\/\.\.\/(examples\/[^)]+\.\w+)\)/.exec(paragraph) ?? [];
      const at = `${file}:${before.split("\n").length + 1}`;
      return { at, language, text, ...(quotes !== undefined && { quotes }) };
    },
  );
}

/** The guides whose blocks are quoted or run here; test/examples runs what docs/guides/bot.md has. */
export const guides = () =>
  readdirSync(join(root, "docs/guides"))
    .filter((name) => name.endsWith(".md") && name !== "bot.md")
    .map((name) => `docs/guides/${name}`);

/** The block's first line. */
export const firstLine = ({ text }: Block) => text.split("\n")[0]!;
