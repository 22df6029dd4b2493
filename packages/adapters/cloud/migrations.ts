import { readdirSync } from "node:fs";

/** The version of the last migration in a folder: the digits that its file's name begins with. */
export function lastMigrationIn(folder: string): string {
  const versions = readdirSync(folder).flatMap((file) => file.match(/^(\d+)_.*\.sql$/)?.[1] ?? []);
  const last = versions.sort().at(-1);
  if (last === undefined) throw new Error(`There are no migrations in ${folder}`);
  return last;
}
