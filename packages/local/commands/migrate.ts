import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { resolveBinary } from "dbmate";
import postgres from "postgres";

const migrations = fileURLToPath(new URL("../../core/migrations", import.meta.url));

/** Applies the missing migrations with dbmate. Safe to run again, and concurrently. */
export async function migrate(databaseUrl: string) {
  const url = new URL(databaseUrl);
  // dbmate uses TLS by default, and a loopback Postgres has none
  if (["127.0.0.1", "localhost"].includes(url.hostname) && !url.searchParams.has("sslmode"))
    url.searchParams.set("sslmode", "disable");
  const args = ["--migrations-dir", migrations, "--no-dump-schema", "migrate"];

  const sql = postgres(databaseUrl, { max: 1, onnotice() {} });
  try {
    // two dbmates at the same time would both create the table of applied migrations
    return await sql.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(hashtext('keepsake migrations'))`;
      const env = { DATABASE_URL: url.href };
      const { stdout } = await promisify(execFile)(resolveBinary(), args, { env });
      return stdout.trim() || "Nothing to apply";
    });
  } finally {
    await sql.end();
  }
}

/** `npm run migrate`: applies the missing migrations to the database of `DATABASE_URL`. */
export async function main() {
  const { DATABASE_URL } = process.env;
  if (!DATABASE_URL) throw new Error("Set DATABASE_URL to the database to migrate");
  console.log(await migrate(DATABASE_URL));
}
