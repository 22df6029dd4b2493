import { readdir } from "node:fs/promises";
import type { Sql } from "postgres";

/** The migrations of this code that a database lacks, and how many there are of each. */
export type MigrationStatus = { missing: string[]; known: number; applied: number };

export async function migrationStatus(sql: Sql): Promise<MigrationStatus> {
  const folder = new URL("../core/migrations/", import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith(".sql")).sort();
  const [counted] = await sql`select to_regclass('schema_migrations') is not null as known`;
  const rows = counted?.known ? await sql`select version from schema_migrations` : [];
  const applied = new Set(rows.map(({ version }) => version));
  const missing = files.filter((file) => !applied.has(file.split("_")[0]));
  return { missing, known: files.length, applied: rows.length };
}
