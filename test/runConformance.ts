import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { pathOfPgBouncer } from "./support/pgBouncer.ts";

/**
 * `npm run conformance`: the storage tests, on the store that the environment names. With `--pooler`: the
 * tests of the API, of the workers and of database connections, with every connection of the functions
 * going through PgBouncer in transaction mode. Other arguments choose test files.
 */
function main() {
  const { values, positionals } = parseArgs({
    options: { pooler: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const { pooler } = values;
  const env = { ...process.env, PATH: pathOfPgBouncer, ...(pooler && { POOLER: "pgbouncer" }) };
  if (pooler && spawnSync("pgbouncer", ["--version"], { env }).error) {
    console.error(
      "PgBouncer is not installed: install it (Debian: apt-get install pgbouncer), then try again",
    );
    process.exit(1);
  }
  const files = pooler
    ? ["test/adapters/postgres.test.ts", "test/api", "test/workers"]
    : ["test/adapters/r2.test.ts", "test/adapters/multipartExportZips.test.ts"];
  const args = ["run", ...(positionals.length > 0 ? positionals : files)];
  const { status } = spawnSync("vitest", args, { env, stdio: "inherit" });
  process.exit(status ?? 1);
}

main();
