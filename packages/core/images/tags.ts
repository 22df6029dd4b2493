import { limits } from "@keepsake/contract/limits";
import { displayText } from "../displayText.ts";

/** A tag as it is kept: in lower case, in one line, without spaces around it. Empty when nothing is left. */
export const cleanTag = (tag: string): string =>
  displayText(tag.toLowerCase(), limits.tag_chars).replace(/\s+/g, " ");

/** Tags as they are kept: cleaned, each once, in the order in which they were sent. */
export const cleanTags = (tags: readonly string[]): string[] =>
  [...new Set(tags.map(cleanTag))].filter((tag) => tag !== "");
