import type { Sql } from "postgres";

export type Column = {
  name: string;
  /** As Postgres writes it, with its length: safe without quoting. */
  type: string;
  /** `S` for every kind of text. */
  category: string;
  nullable: boolean;
};

type Table = {
  oid: string;
  /** Database, schema and table. */
  namespace: string;
  columns: Column[];
  /** The columns of each unique index over whole rows. */
  uniqueKeys: { columns: string[]; primary: boolean }[];
};

/** The columns and unique keys of a table. Throws a one-line error when there is no such table. */
export async function readTable(sql: Sql, name: string, flag: string): Promise<Table> {
  const [table] = await sql<Pick<Table, "oid" | "namespace">[]>`
    select c.oid::int8::text as oid,
           concat_ws('.', current_database(), n.nspname, c.relname) as namespace
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = to_regclass(${quoted(name)}) and c.relkind in ('r', 'p')
  `;
  if (!table) throw new Error(`There is no table ${name}: name yours with --${flag}`);
  const columns = await sql<Column[]>`
    select a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
           t.typcategory as category, not a.attnotnull as nullable
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = ${table.oid} and a.attnum > 0 and not a.attisdropped
  `;
  const uniqueKeys = await sql<Table["uniqueKeys"]>`
    select i.indisprimary as primary, jsonb_agg(a.attname) as columns
    from pg_index i
      cross join generate_series(0, i.indnkeyatts - 1) n
      left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[n] and a.attnum > 0
    where i.indrelid = ${table.oid} and i.indisunique and i.indisvalid and i.indpred is null
    group by i.indexrelid, i.indisprimary
  `;
  return { ...table, columns, uniqueKeys };
}

/** Where the owner of a row is: in the row, or in the row of another table that `via` refers to. */
export type OwnerColumn = { column: string } & (
  | { other: undefined }
  | { other: { table: string; key: string; via: string } }
);

/** Finds the column of the owner, by a foreign key if it is in another table. */
export async function findOwnerColumn(
  sql: Sql,
  row: { table: string; oid: string; columns: Column[] },
  { ownerColumn = "", ownerKey }: { ownerColumn: string | undefined; ownerKey: string | undefined },
): Promise<OwnerColumn> {
  const has = (name: string) => row.columns.some((column) => column.name === name);
  if (has(ownerColumn)) return { column: ownerColumn, other: undefined };
  const dot = ownerColumn.lastIndexOf(".");
  if (dot < 1)
    throw new Error(
      `${row.table} has no column ${ownerColumn}: name yours with --owner-column, as table.column when the row refers to it`,
    );
  const [table, column] = [ownerColumn.slice(0, dot), ownerColumn.slice(dot + 1)];
  const other = await readTable(sql, table, "owner-column");
  if (!other.columns.some(({ name }) => name === column))
    throw new Error(`${table} has no column ${column}: name another one with --owner-column`);
  if (ownerKey === undefined)
    return { column, other: { table, ...(await findForeignKey(sql, row, { ...other, table })) } };
  const primary = other.uniqueKeys.find((unique) => unique.primary)?.columns ?? [];
  if (!has(ownerKey))
    throw new Error(`${row.table} has no column ${ownerKey}: name yours with --owner-key`);
  if (primary.length !== 1)
    throw new Error(`${table} has no primary key of one column, so --owner-key cannot refer to it`);
  return { column, other: { table, key: primary[0]!, via: ownerKey } };
}

async function findForeignKey(
  sql: Sql,
  from: { table: string; oid: string },
  to: { table: string; oid: string },
): Promise<{ key: string; via: string }> {
  const keys = await sql<{ key: string; via: string }[]>`
    select their.attname as key, our.attname as via
    from pg_constraint c
      join pg_attribute our on our.attrelid = c.conrelid and our.attnum = c.conkey[1]
      join pg_attribute their on their.attrelid = c.confrelid and their.attnum = c.confkey[1]
    where c.contype = 'f' and c.conrelid = ${from.oid} and c.confrelid = ${to.oid}
      and cardinality(c.conkey) = 1
  `;
  if (keys.length === 1) return keys[0]!;
  throw new Error(
    `${from.table} has ${keys.length} foreign keys to ${to.table}: name its column that refers to it with --owner-key`,
  );
}

/** Quoted as `sql(name)` quotes it: a dot separates schema and table. */
const quoted = (name: string) => `"${name.replaceAll('"', '""').replaceAll(".", '"."')}"`;
