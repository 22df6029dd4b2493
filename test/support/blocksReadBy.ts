import type { Sql } from "postgres";

/** How many blocks of 8 KB a query reads, those of values that are stored outside their rows included. */
export async function blocksReadBy(sql: Sql, query: object) {
  const explain = sql`explain (analyze, buffers, format json) ${query as ReturnType<Sql>}`;
  const [row] = await explain;
  const plan = row!["QUERY PLAN"][0].Plan;
  return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
}
