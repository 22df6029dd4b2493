/** One line of at most `maxChars` UTF-16 code units, without what JSONB rejects: NUL and half surrogate pairs. */
export function singleLine(text: string, maxChars: number) {
  const line = text
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
  return line.slice(0, maxChars).replace(/[\ud800-\udbff]$/, "");
}
