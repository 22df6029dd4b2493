import { limits } from "@keepsake/contract/limits";
import type { World } from "@keepsake/contract/schemas";
import type { PieceText } from "./pieceTexts.ts";

/** Asks the generator for one character like this one. The description is cut to what a prompt may have. */
export function newTextRequest({ theme }: World, { name, description }: PieceText, wish: string) {
  const asked = [
    wish.trim(),
    `${name} once more, by the same name and in other words.`,
    `So far: ${description}`,
  ];
  const prompt = cut(asked.filter(Boolean).join("\n"), limits.prompt_chars);
  return { theme, count: 1, prompt };
}

/** In Unicode code points, as the API counts. */
const cut = (text: string, limit: number) => [...text].slice(0, limit).join("");
