import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { resolveBinary } from "dbmate";

const migrations = fileURLToPath(new URL("../core/migrations", import.meta.url));

/** Applies the migrations that a database lacks, with dbmate. Safe to run twice, and at once. */
export async function migrate(databaseUrl: string) {
  const url = new URL(databaseUrl);
  // dbmate asks for TLS unless told otherwise, and a loopback Postgres has none
  if (["127.0.0.1", "localhost"].includes(url.hostname) && !url.searchParams.has("sslmode"))
    url.searchParams.set("sslmode", "disable");

  const args = ["--migrations-dir", migrations, "--no-dump-schema", "migrate"];
  await promisify(execFile)(resolveBinary(), args, { env: { DATABASE_URL: url.href } });
}
