/**
 * A caption as a trainer should read it, undefined for an empty one. `[trigger]` becomes the trigger word,
 * and a caption without the word gets it in front. Trainers that do the same themselves (ai-toolkit,
 * Replicate) then find it done. A set without a trigger word keeps `[trigger]`, for those trainers.
 */
export function captionWithTrigger(
  caption: string | null,
  triggerWord: string | null,
  { isOneLine = false, separator = " " } = {},
): string | undefined {
  const lines = (caption ?? "").split(/\r\n|\r|\n/);
  const words = isOneLine ? lines.map((line) => line.trim()).filter(Boolean) : lines;
  const text = words.join(isOneLine ? " " : "\n").trim();
  if (text === "") return undefined;
  if (!triggerWord) return text;
  const replaced = text.replaceAll("[trigger]", () => triggerWord);
  return hasWord(replaced, triggerWord) ? replaced : `${triggerWord}${separator}${replaced}`;
}

/**
 * Whether a text has a word on its own: "tok" is not in "tokyo". Scripts that put no spaces between words
 * have no such limits.
 */
function hasWord(text: string, word: string): boolean {
  const isLetter = /[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{M}\p{N}_]/u;
  const isLimit = (before: string | undefined, after: string | undefined) =>
    !(before && after && isLetter.test(before) && isLetter.test(after));
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) {
    const before = [...text.slice(Math.max(0, at - 2), at)].at(-1);
    const [after] = text.slice(at + word.length, at + word.length + 2);
    if (isLimit(before, [...word][0]) && isLimit([...word].at(-1), after)) return true;
  }
  return false;
}
