import type { Sql } from "postgres";

/** What the product calls the table and its columns; a table may be named with its schema, `schema.table`. */
export type TableNames = { table: string; id: string; worldId: string; details: string };

/** The product's table as it is. Types are named as Postgres names them. */
export type ProductTable = TableNames & {
  idType: string;
  detailsType: string;
  /** Its ids are unique in here: database, schema and table. */
  namespace: string;
};

/** Reads the table's columns and types. Throws a one-line error when it cannot be backfilled. */
export async function describeTable(sql: Sql, names: TableNames): Promise<ProductTable> {
  const [table] = await sql<{ oid: number; namespace: string }[]>`
    select c.oid::int8::text as oid,
           concat_ws('.', current_database(), n.nspname, c.relname) as namespace
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.oid = to_regclass(${quoted(names.table)}) and c.relkind in ('r', 'p')
  `;
  if (!table) throw new Error(`There is no table ${names.table}: name yours with --table`);

  const columns = await sql<{ name: string; type: string; is_unique: boolean }[]>`
    select a.attname as name, a.atttypid::regtype::text as type,
           exists (
             select from pg_index i
             where i.indrelid = a.attrelid and i.indisunique and i.indisvalid and i.indpred is null
               and i.indnkeyatts = 1 and i.indkey[0] = a.attnum
           ) as is_unique
    from pg_attribute a
    where a.attrelid = ${table.oid} and a.attnum > 0 and not a.attisdropped
  `;
  const findColumn = (name: string, flag: string) => {
    const column = columns.find((candidate) => candidate.name === name);
    if (!column) throw new Error(`${names.table} has no column ${name}: name yours with --${flag}`);
    return column;
  };
  if (columns.some(({ name }) => name === "portrait_status"))
    throw new Error(
      `${names.table} is Keepsake's own table: its queue and its sweep publish these portraits`,
    );
  const id = findColumn(names.id, "id");
  const details = findColumn(names.details, "details");
  findColumn(names.worldId, "world-id");
  if (!id.is_unique)
    throw new Error(
      `${names.table}.${names.id} has no unique index of its own: add one, or name another column with --id`,
    );
  if (!["json", "jsonb"].includes(details.type))
    throw new Error(`${names.table}.${names.details} is ${details.type}; it must be json or jsonb`);
  return { ...names, idType: id.type, detailsType: details.type, namespace: table.namespace };
}

/** Quoted as `sql(name)` quotes it: a dot separates schema and table. */
const quoted = (name: string) => `"${name.replaceAll('"', '""').replaceAll(".", '"."')}"`;
