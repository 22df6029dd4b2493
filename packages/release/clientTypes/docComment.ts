const width = 100;

/** A text as a JSDoc comment with a line break at its end; empty without a text. */
export function docComment(text: string | undefined, depth: number): string {
  if (!text) return "";
  const indent = "  ".repeat(depth);
  const safe = text.replaceAll("*/", "*\\/");
  if (indent.length + safe.length + "/**  */".length <= width) return `${indent}/** ${safe} */\n`;
  const lines = [""];
  for (const word of safe.split(" ")) {
    const line = lines.at(-1)!;
    if (line && indent.length + 3 + line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line ? `${line} ${word}` : word;
  }
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join("")}${indent} */\n`;
}
