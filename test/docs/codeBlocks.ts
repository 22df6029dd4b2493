import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");

export type Block = {
  /** `README.md:12`, of its first line. */
  at: string;
  /** What is written after the fence; empty when nothing is. */
  language: string;
  text: string;
};

/** The fenced blocks of a file, in order. */
export function codeBlocks(file: string): Block[] {
  const content = readFileSync(join(root, file), "utf8");
  return [...content.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(
    ({ index, 1: language = "", 2: text = "" }) => ({
      at: `${file}:${content.slice(0, index).split("\n").length + 1}`,
      language,
      text,
    }),
  );
}

/** The block's first line. */
export const firstLine = ({ text }: Block) => text.split("\n")[0]!;
