import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { tlsOptions } from "@keepsake/adapters/cloud/databaseTls";
import { encryptionProblem, readDatabaseUrl, tlsAdvice } from "@keepsake/contract/databaseUrl";
import { resolveBinary } from "dbmate";
import postgres, { type Sql } from "postgres";

const migrations = fileURLToPath(new URL("../../core/migrations", import.meta.url));

/**
 * Applies the missing migrations with dbmate. Safe to run again, and concurrently. No transaction waits for the lock:
 * an index that is built concurrently waits for every transaction that began before.
 */
export async function migrate(databaseUrl: string) {
  const { url, migrationUrl } = readDatabaseUrl(databaseUrl);
  const args = ["--migrations-dir", migrations, "--no-dump-schema", "migrate"];

  const sql = postgres(url, { max: 2, onnotice() {}, ...tlsOptions(databaseUrl) });
  // two dbmates at the same time would both create the table of applied migrations
  const migrateAlone = () =>
    sql.begin(async (tx) => {
      // as a simple query: another one keeps its snapshot, and the index would wait for this transaction
      const [lock] = await tx`
        select pg_try_advisory_xact_lock(hashtext('keepsake migrations')) as is_ours
      `.simple();
      if (!lock?.is_ours) return undefined;
      await dropUnfinishedIndexes(sql);
      const env = { DATABASE_URL: migrationUrl };
      const { stdout } = await promisify(execFile)(resolveBinary(), args, { env });
      return stdout.trim() || "Nothing to apply";
    });
  try {
    for (;;) {
      const applied = await migrateAlone();
      if (applied !== undefined) return applied;
      await setTimeout(200);
    }
  } finally {
    await sql.end();
  }
}

/**
 * Removes indexes of our migrations whose building was interrupted: Postgres keeps them without using them, and `create
 * index if not exists` would leave it at that.
 */
async function dropUnfinishedIndexes(sql: Sql) {
  const unfinished = await sql<{ name: string }[]>`
    select relname as name from pg_index join pg_class on oid = indexrelid
    where not indisvalid and pg_table_is_visible(indexrelid)
  `;
  if (unfinished.length === 0) return;
  const files = readdirSync(migrations).map((file) =>
    readFileSync(`${migrations}/${file}`, "utf8"),
  );
  for (const { name } of unfinished)
    if (files.some((text) => text.includes(`create index concurrently if not exists ${name} `)))
      await sql`drop index concurrently if exists ${sql(name)}`;
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
