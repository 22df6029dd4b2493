import * as fs from "node:fs";
import { join } from "node:path";
import connect from "postgres";
import { freePort } from "../listen.ts";
import { installedBinaries, readableBinaries } from "./binaries.ts";
import {
  canonicalPath,
  initialiseData,
  locateData,
  readPassword,
  rejectOtherVersion,
} from "./dataDirectory.ts";
import { chooseOsAccount } from "./osAccount.ts";
import { endOrphan, startServer, waitUntilReady } from "./serverProcess.ts";

/**
 * Starts a real PostgreSQL on 127.0.0.1 with the binaries that npm installed, and creates the database.
 * The port is a preference; `url` contains the port in use. The data is in `directory`, the log beside
 * it. The server is a separate process that outlives this one: committed data survives kill -9, and the
 * next start on the directory ends the server that was left. Throws with the last lines of the log when
 * the server does not start.
 */
export async function embeddedPostgres(options: {
  directory: string;
  port: number;
  database?: string;
}) {
  const { port: preferredPort, database = "keepsake" } = options;
  const directory = canonicalPath(options.directory);
  const installed = installedBinaries();
  const account = await chooseOsAccount(directory);
  const binaries = await readableBinaries(installed, account);
  const data = await locateData(directory, account);

  await endOrphan(data);
  if (!fs.existsSync(join(data, "PG_VERSION"))) await initialiseData(data, binaries, account);
  rejectOtherVersion(data, installed.version);

  const log = `${directory}.log`;
  const password = readPassword(data);
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(attempt === 1 ? preferredPort : 0);
    const server = startServer({ data, binaries, account, port, log });
    const url = (name: string) => `postgres://keepsake:${password}@127.0.0.1:${port}/${name}`;
    try {
      await waitUntilReady(server, url("postgres"), data);
      await createDatabase(url("postgres"), database);
      return { url: url(database), stop: server.stop };
    } catch (cause) {
      await server.stop();
      const lines = server.lastLogLines();
      // another process took the port after we found it free
      if (attempt < 5 && lines.includes("could not create any TCP/IP sockets")) continue;
      throw new Error(`Postgres did not start. Its log, ${log}, ends with:\n${lines}`, { cause });
    }
  }
}

async function createDatabase(url: string, database: string) {
  const sql = connect(url, { max: 1 });
  try {
    const [existing] = await sql`select 1 from pg_database where datname = ${database}`;
    if (!existing) await sql`create database ${sql(database)}`;
  } finally {
    await sql.end();
  }
}
