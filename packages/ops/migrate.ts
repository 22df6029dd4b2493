import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { links } from "./links.ts";

/**
 * `npm run migrate`: applies the migrations that a database lacks. Running it again changes nothing.
 *   DATABASE_URL=postgres://… npm run migrate     any database
 *   npm run migrate -- --stage production         the database of a deployed stage
 */
export function main(_args: string[], { isLinked }: { isLinked: boolean }) {
  const databaseUrl = isLinked ? links.database().url : (process.env.DATABASE_URL ?? "");
  if (!URL.canParse(databaseUrl))
    throw new Error(
      "Name the database: set DATABASE_URL, or name a deployed stage with -- --stage production",
    );
  const script = fileURLToPath(new URL("../local/bin.mjs", import.meta.url));
  const { status, error } = spawnSync(process.execPath, [script, "migrate"], {
    stdio: "inherit",
    env: { ...process.env, DATABASE_URL: databaseUrl },
  });
  if (error) throw error;
  process.exitCode = status ?? 1;
}
