import * as fs from "node:fs";
import path from "node:path";
import { encryptionProblem, readDatabaseUrl, tlsAdvice } from "../packages/contract/databaseUrl.ts";
import { secrets } from "./secrets.ts";
import { production } from "./settings.ts";

/** Any Postgres. A container serves one request at a time, so it uses one connection. */
export const database = new sst.Linkable("Database", {
  properties: {
    url: secrets.databaseUrl.value.apply(withTls),
    pool: 1,
    migration: lastMigration(),
  },
});

/**
 * Refuses to deploy a connection string that does not require TLS. Only other stages than production may
 * turn it off, with `sslmode=disable`, such as for a database in a developer's own network.
 */
function withTls(url: string): string {
  const problem = encryptionProblem(url);
  if (problem && (production || readDatabaseUrl(url).encryption !== "none"))
    throw new Error(`DatabaseUrl: ${problem}: ${tlsAdvice}`);
  return url;
}

/** The version of this release's last migration, which `/health` looks for in the database. */
function lastMigration(): string {
  const files = fs.readdirSync(path.join($cli.paths.root, "packages/core/migrations"));
  return files.sort().at(-1)!.split("_")[0];
}
