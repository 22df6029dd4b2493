import type { Fragment, Sql } from "postgres";
import type { Field, ProductTable } from "./describeProductTable.sql.ts";
import {
  fields,
  isSameField,
  type Kind,
  type KnownUrls,
  list,
  moved,
  pathOf,
  quoted,
  textOf,
} from "./valueKinds.sql.ts";

export type TableSummary = {
  rows: number;
  base64: number;
  base64_bytes: number;
  telegram: number;
  discord: number;
  /** URLs of the other hosts that are allowed. */
  url: number;
  permanent: number;
  other: number;
  /** All values of the columns. */
  column_bytes: number;
  /** Rows to backfill. */
  candidates: number;
  /** Rows with a bot's token in their URL, and the ids of those bots, which are not secret. */
  tokens: number;
  bots: string;
};

/** What the table holds now. Reads the whole table once. */
export async function summarizeTable(
  sql: Sql,
  table: ProductTable,
  urls: KnownUrls,
): Promise<TableSummary> {
  const count = (kind: Kind) => sql`count(*) filter (where k.kind = ${kind})::float8`;
  const columns = [...new Set([table.from.column, table.to.column])].map(
    (name) => sql` + coalesce(octet_length(t.${quoted(sql, name)}::text), 0)`,
  );
  const bot = sql`case k.kind when 'telegram' then substring(v.head from '/bot([0-9]+)(?::|%3[Aa])') end`;
  const [summary] = await sql<TableSummary[]>`
    select count(*)::float8 as rows,
           ${count("base64")} as base64,
           coalesce(sum(octet_length(v.text)) filter (where k.kind = 'base64'), 0)::float8 as base64_bytes,
           ${count("telegram")} as telegram, ${count("discord")} as discord, ${count("url")} as url,
           ${count("permanent")} as permanent, ${count("other")} as other,
           coalesce(sum(0${columns}), 0)::float8 as column_bytes,
           count(*) filter (where k.kind in ${sql(moved)})::float8 as candidates,
           ${count("telegram")} as tokens,
           coalesce(string_agg(distinct ${bot}, ', '), '') as bots
    from ${sql(table.table)} t ${fields(sql, table, urls)}
  `;
  return summary!;
}

export type ProductRow = {
  key: string[];
  /** The key as it is shown: JSON when it has several columns. */
  id: string;
  world_id: string | null;
  owner: string | null;
  kind: Kind;
  /** Null when there is none, or when it is longer than `maxChars`. */
  value: string | null;
  /** In bytes. */
  length: number | null;
  /** Whether there is a picture to move, and something else where its URL would be written. */
  has_url: boolean;
  /** The MD5 of what was read, to see later whether it is unchanged. */
  source_md5: string | null;
  target_md5: string | null;
};

/** The next rows to backfill after a key, in the order of keys. */
export async function readBatch(
  sql: Sql,
  table: ProductTable,
  { urls, after, size, maxChars, maxBatchChars }: BatchOptions,
): Promise<ProductRow[]> {
  const columns = list(
    sql,
    table.key.map(({ name }) => sql`t.${quoted(sql, name)}`),
  );
  const isAfter = after
    ? sql`(${columns}) > (${list(
        sql,
        table.key.map(({ type }, at) => sql`${after[at]!}::text::${sql.unsafe(type)}`),
      )})`
    : sql`true`;
  const worldId = table.worldId ? sql`t.${quoted(sql, table.worldId)}::text` : sql`null::text`;
  const rows = await sql<Omit<ProductRow, "id">[]>`
    select key, world_id, owner, kind, value, length, has_url, source_md5, target_md5
    from (
      select b.*, sum(least(b.length, ${maxChars})) over (order by b.n) as read_chars
      from (
        select row_number() over (order by ${columns}) as n, ${keyOf(sql, table)} as key,
               ${worldId} as world_id, ${ownerOf(sql, table)} as owner, k.kind,
               case when octet_length(v.text) <= ${maxChars} then v.text end as value,
               octet_length(v.text) as length,
               coalesce(f.source <> '' and f.target <> '', false) as has_url,
               md5(f.source) as source_md5, md5(f.target) as target_md5
        from ${sql(table.table)} t ${fields(sql, table, urls)}
        where ${isAfter} and k.kind in ${sql(moved)}
        order by ${columns}
        limit ${size}
      ) b
    ) c
    where n = 1 or coalesce(read_chars, 0) <= ${maxBatchChars}
    order by n
  `;
  return rows.map((row) => ({ ...row, id: shownKey(row.key) }));
}

type BatchOptions = {
  urls: KnownUrls;
  after: string[] | undefined;
  size: number;
  /** Longer values are not read: one could fill the memory. */
  maxChars: number;
  /** A batch ends before it has more, but has one row. */
  maxBatchChars: number;
};

const shownKey = (key: string[]) => (key.length === 1 ? key[0]! : JSON.stringify(key));

export type PublishedRow = Pick<ProductRow, "key" | "source_md5" | "target_md5"> & { url: string };

/**
 * Replaces what was read with the URLs, in the rows that have not changed since, and resolves to the shown
 * keys of those rows. Everything else in JSON stays as it is now.
 */
export async function writeUrls(sql: Sql, table: ProductTable, published: PublishedRow[]) {
  const target = isSameField(table) ? sql`null` : textOf(sql, table.to);
  const rows = await sql<{ key: string[] }[]>`
    update ${sql(table.table)} t
    set ${assignments(sql, table)}
    from jsonb_to_recordset(${sql.json(published)})
      as o (key jsonb, url text, source_md5 text, target_md5 text)
    where ${isKey(sql, table)}
      and md5(${textOf(sql, table.from)}) is not distinct from o.source_md5
      and md5(${target}) is not distinct from o.target_md5
    returning o.key
  `;
  return rows.map(({ key }) => shownKey(key));
}

/** Removes the value from where it was read, and writes the URL, in one column or in two. */
function assignments(sql: Sql, table: ProductTable): Fragment {
  const { from, to } = table;
  const [source, target] = [quoted(sql, from.column), quoted(sql, to.column)];
  const asStored = ({ json }: Field, value: Fragment) =>
    json === "json" ? sql`(${value})::json` : value;
  const without = () => sql`(t.${source}::jsonb #- ${pathOf(sql, from.path)})`;
  if (from.column === to.column) {
    if (!from.json) return sql`${source} = o.url`;
    const rest = isSameField(table) ? sql`t.${source}::jsonb` : without();
    const replaced = sql`jsonb_set(${rest}, ${pathOf(sql, to.path)}, to_jsonb(o.url))`;
    return sql`${source} = ${asStored(from, replaced)}`;
  }
  const cleared = from.json
    ? asStored(from, without())
    : sql`case when t.${source} is not null then ${from.isNullable ? sql`null` : sql`''`} end`;
  return sql`${target} = o.url, ${source} = ${cleared}`;
}

/** The URLs that these rows have now, by shown key. A deleted row has no entry. */
export async function readUrls(sql: Sql, table: ProductTable, keys: string[][]) {
  const rows = await sql<{ key: string[]; url: string | null }[]>`
    select o.key, left(${textOf(sql, table.to)}, 2000) as url
    from ${sql(table.table)} t
      join jsonb_to_recordset(${sql.json(keys.map((key) => ({ key })))}) as o (key jsonb)
        on ${isKey(sql, table)}
  `;
  return new Map(rows.map(({ key, url }) => [shownKey(key), url]));
}

const keyOf = (sql: Sql, { key }: ProductTable) =>
  sql`jsonb_build_array(${list(
    sql,
    key.map(({ name }) => sql`t.${quoted(sql, name)}::text`),
  )})`;

/** Whether a row of the table has the key of `o`. The types are safe without quoting. */
const isKey = (sql: Sql, { key }: ProductTable) =>
  key.map(({ name, type }, at) => {
    const value = sql`(o.key ->> ${at}::integer)::${sql.unsafe(type)}`;
    return sql`${at > 0 ? sql`and ` : sql``}t.${quoted(sql, name)} = ${value} `;
  });

function ownerOf(sql: Sql, { owner }: ProductTable): Fragment {
  if (!owner) return sql`null::text`;
  const { column, other } = owner;
  if (!other) return sql`t.${quoted(sql, column)}::text`;
  return sql`(
    select p.${quoted(sql, column)}::text from ${sql(other.table)} p where p.${quoted(sql, other.key)} = t.${quoted(sql, other.via)}
  )`;
}
