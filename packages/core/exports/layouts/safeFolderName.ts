/**
 * A folder's name that every file system takes: `prefix` and words of which separators, control and invisible
 * characters and those that Windows forbids are replaced. It has at most 200 bytes, and no space or full
 * stop at its end, which Windows would drop. `prefix` must be a safe beginning, so that the whole is neither
 * `..` nor a reserved name such as `CON`.
 */
export function safeFolderName(prefix: string, words: string): string {
  const safe = words
    .normalize("NFC")
    .replace(/[/\\:*?"<>|]/g, "-")
    .replace(/[\p{C}\s]+/gu, " ")
    .trim();
  let name = prefix;
  let bytes = Buffer.byteLength(prefix);
  for (const character of safe) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    name += character;
  }
  return name.replace(/[ .]+$/, "");
}

/** Linux takes 255 bytes in a name; encrypted folders take fewer. */
const maxBytes = 200;
