import type { Sql } from "postgres";

/**
 * How many rows of a table a query reads, by index; those that it reads without one under "no index". An index that
 * the plan has but the query did not need is left out.
 */
export async function rowsReadBy(sql: Sql, table: string, query: object) {
  const explain = sql`explain (analyze, format json) ${query as ReturnType<Sql>}`;
  const [row] = await explain;
  const read: Record<string, number> = {};
  count(row!["QUERY PLAN"][0].Plan);
  return read;

  function count(node: PlanNode) {
    if (node["Actual Loops"] === 0) return;
    const rows =
      (node["Actual Rows"] + (node["Rows Removed by Filter"] ?? 0)) * node["Actual Loops"];
    const index = node["Index Name"];
    if (index?.startsWith(`${table}_`)) read[index] = (read[index] ?? 0) + rows;
    if (node["Relation Name"] === table && node["Node Type"] === "Seq Scan")
      read["no index"] = (read["no index"] ?? 0) + rows;
    for (const child of node.Plans ?? []) count(child);
  }
}

type PlanNode = {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  Plans?: PlanNode[];
};
