import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { tlsOptions } from "@keepsake/adapters/cloud/databaseTls";
import { encryptionProblem, readDatabaseUrl, tlsAdvice } from "@keepsake/contract/databaseUrl";
import { resolveBinary } from "dbmate";
import postgres from "postgres";

const migrations = fileURLToPath(new URL("../../core/migrations", import.meta.url));

/** Applies the missing migrations with dbmate. Safe to run again, and concurrently. */
export async function migrate(databaseUrl: string) {
  const { url, migrationUrl } = readDatabaseUrl(databaseUrl);
  const args = ["--migrations-dir", migrations, "--no-dump-schema", "migrate"];

  const sql = postgres(url, { max: 1, onnotice() {}, ...tlsOptions(databaseUrl) });
  try {
    // two dbmates at the same time would both create the table of applied migrations
    return await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(hashtext('keepsake migrations'))`;
      const env = { DATABASE_URL: migrationUrl };
      const { stdout } = await promisify(execFile)(resolveBinary(), args, { env });
      return stdout.trim() || "Nothing to apply";
    });
  } finally {
    await sql.end();
  }
}

/** The version of this release's last migration. */
export const lastMigration = () => readdirSync(migrations).sort().at(-1)!.split("_")[0]!;

/** `npm run migrate`: applies the missing migrations to the database of `DATABASE_URL`. */
export async function main() {
  const { DATABASE_URL } = process.env;
  if (!DATABASE_URL) throw new Error("Set DATABASE_URL to the database to migrate");
  if (readDatabaseUrl(DATABASE_URL).encryption === "missing")
    throw new Error(`${encryptionProblem(DATABASE_URL)}: ${tlsAdvice}`);
  console.log(await migrate(DATABASE_URL));
}
