import { readFile, writeFile } from "node:fs/promises";
import { documentTables } from "./costTables.ts";

const documents = ["docs/costs.md", "docs/scale.md", "docs/deploy.md"];
const root = new URL("../../../", import.meta.url);

/** Puts today's tables between the markers of each document, and resolves to those that have changed. */
export async function writeDocuments(): Promise<string[]> {
  const written: string[] = [];
  for (const { name, text, updated } of await updatedDocuments()) {
    if (updated === text) continue;
    await writeFile(new URL(name, root), updated);
    written.push(name);
  }
  return written;
}

/** Each document as it is, and as it would be with today's tables. */
export function updatedDocuments(): Promise<{ name: string; text: string; updated: string }[]> {
  return Promise.all(
    documents.map(async (name) => {
      const text = await readFile(new URL(name, root), "utf8");
      return { name, text, updated: withTables(text) };
    }),
  );
}

/** `<!-- costs: NAME -->`, a table, `<!-- /costs -->`. Throws when there is no table of a name. */
const withTables = (text: string) =>
  text.replace(
    /(<!-- costs: (.+?) -->\n)[\s\S]*?(<!-- \/costs -->)/g,
    (_, start: string, name: string, end: string) => {
      const table = documentTables[name];
      if (!table) throw new Error(`There is no table named "${name}" for the documents`);
      return `${start}\n${table()}\n\n${end}`;
    },
  );
