import type { TransactionSql } from "postgres";
import { insertText } from "./takeSnapshot.sql.ts";
import type { TextFile } from "./textFiles.ts";

/** About as many characters are in memory of a text file that is written. */
const partChars = 1_000_000;

/** A text file of an export, which is written to rows in parts. `onPart` gets each of them. */
export function textFile(
  tx: TransactionSql,
  export_id: string,
  name: TextFile,
  onPart: (text: string) => void,
) {
  let [waiting, chars, part]: [string[], number, number] = [[], 0, 0];

  async function flush() {
    if (waiting.length === 0) return;
    const text = waiting.join("");
    onPart(text);
    await insertText(tx, { export_id, name, part, text });
    [waiting, chars, part] = [[], 0, part + 1];
  }

  return {
    async add(text: string) {
      waiting.push(text);
      chars += text.length;
      if (chars >= partChars) await flush();
    },
    end: flush,
  };
}
