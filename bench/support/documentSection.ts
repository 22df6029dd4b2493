/** The text of docs/performance.md with a section that a script of its own measures: the new one, in place of the old. */
export function withSection(document: string, heading: string, text: string): string {
  const old = sectionOf(document, heading);
  const others = old === "" ? document : document.replace(old, () => "");
  return `${others.trimEnd()}\n\n${heading}\n\n${text}\n`;
}

/** That section of an earlier document, for a new one; nothing when it has none. */
export function sectionOf(document: string, heading: string): string {
  const start = document.indexOf(`\n${heading}\n`);
  if (start < 0) return "";
  const end = document.indexOf("\n## ", start + 1);
  return end < 0 ? document.slice(start) : document.slice(start, end);
}
