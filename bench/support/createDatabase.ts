import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import postgres, { type Sql } from "postgres";
import { serviceKey } from "./lambdaEvents.ts";

export type Database = { name: string; url: string; sql: Sql };

/** Creates databases in the run's Postgres: each contender has one of its own. */
export function databases(migratedUrl: string) {
  const at = (name: string) => Object.assign(new URL(migratedUrl), { pathname: `/${name}` }).href;
  const server = postgres(at("postgres"), { max: 1, onnotice() {} });
  const open: Database[] = [];
  let count = 0;

  async function createDatabase(schema: "keepsake" | "plain"): Promise<Database> {
    count += 1;
    const name = `${schema}_${count}`;
    const template = new URL(migratedUrl).pathname.slice(1);
    if (schema === "keepsake")
      await server`create database ${server(name)} template ${server(template)}`;
    else await server`create database ${server(name)}`;
    const sql = postgres(at(name), { max: 1, onnotice() {} });
    if (schema === "plain")
      await sql.unsafe(await readFile(new URL("../plain/schema.sql", import.meta.url), "utf8"));
    const sha256 = createHash("sha256").update(serviceKey.secret).digest("hex");
    const row = { key_id: serviceKey.key_id, name: "bench", sha256 };
    await sql`insert into service_keys ${sql(row)}`;
    const database = { name, url: at(name), sql };
    open.push(database);
    return database;
  }

  return {
    createDatabase,
    /** CPU milliseconds of all of a database's backends but that of this process. */
    async postgresCpu({ name, sql }: Database): Promise<number> {
      const backends = await server<{ pid: number }[]>`
        select pid from pg_stat_activity where datname = ${name}
      `;
      const [own] = await sql<[{ pid: number }]>`select pg_backend_pid() as pid`;
      const others = backends.filter(({ pid }) => pid !== own.pid);
      const times = await Promise.all(others.map(({ pid }) => cpuOf(pid)));
      return times.reduce((sum, ms) => sum + ms, 0);
    },
    /** Abandons queries that still run after 5 s. */
    async stop() {
      const timeout = 5;
      await Promise.all([...open.map(({ sql }) => sql.end({ timeout })), server.end({ timeout })]);
    },
  };
}

/** CPU milliseconds of a process, as Linux's scheduler counts them. */
async function cpuOf(pid: number): Promise<number> {
  const statistics = await readFile(`/proc/${pid}/schedstat`, "utf8");
  return Number(statistics.split(" ")[0]) / 1e6;
}
