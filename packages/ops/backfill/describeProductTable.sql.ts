import type { Sql } from "postgres";
import {
  type Column,
  findOwnerColumn,
  type OwnerColumn,
  readTable,
} from "./readTableColumns.sql.ts";

/** Where a value is: a text column, or a path in a column of JSON. */
export type FieldName = { column: string; path: string[] };

/** What the product calls the table and its columns; a table may be named with its schema, `schema.table`. */
export type TableNames = {
  table: string;
  /** The columns of its key; undefined for `id`, or else the primary key. */
  id: string[] | undefined;
  /** Where the picture is read from. */
  from: FieldName;
  /** Where its URL is written to. It is read too: an expiring URL may be there. */
  to: FieldName;
  /** Of portraits that get no row in Keepsake: the column of the world. */
  worldId: string | undefined;
  /** `column`, or `table.column` of a row that this one refers to. */
  ownerColumn: string | undefined;
  /** The column that refers to that row, where no foreign key says so. */
  ownerKey: string | undefined;
};

/** A value's place with its column's type: of JSON, or of text when there is none. */
export type Field = FieldName & { json: "json" | "jsonb" | undefined; isNullable: boolean };

/** The product's table as it is. Types are named as Postgres names them. */
export type ProductTable = {
  table: string;
  key: Pick<Column, "name" | "type">[];
  from: Field;
  to: Field;
  worldId: string | undefined;
  owner: OwnerColumn | undefined;
  /** Its keys are unique in here: database, schema and table. */
  namespace: string;
};

/** Reads the table's columns and types. Throws a one-line error when it cannot be backfilled. */
export async function describeTable(sql: Sql, names: TableNames): Promise<ProductTable> {
  const { columns, uniqueKeys, oid, namespace } = await readTable(sql, names.table, "table");
  const findColumn = (name: string, flag: string) => {
    const column = columns.find((candidate) => candidate.name === name);
    if (!column) throw new Error(`${names.table} has no column ${name}: name yours with --${flag}`);
    return column;
  };
  if (columns.some(({ name }) => name === "portrait_status"))
    throw new Error(
      `${names.table} is Keepsake's own table: its queue and its sweep publish these portraits`,
    );

  const field = ({ column: name, path }: FieldName, flag: string): Field => {
    const { type, category, nullable } = findColumn(name, flag);
    const json = type === "json" || type === "jsonb" ? type : undefined;
    if (path.length > 0 && !json)
      throw new Error(
        `${names.table}.${name} is ${type}; it must be json or jsonb, or name a text column with --column`,
      );
    if (path.length === 0 && category !== "S")
      throw new Error(`${names.table}.${name} is ${type}; it must be text${jsonHint(json)}`);
    return { column: name, path, json, isNullable: nullable };
  };
  const isText = names.from.path.length === 0;
  const from = field(names.from, isText ? "column" : "json-column");
  const to = field(names.to, names.to.column === from.column ? "json-column" : "write-column");
  if (names.worldId !== undefined) findColumn(names.worldId, "world-id");

  const named = names.id ?? (columns.some(({ name }) => name === "id") ? ["id"] : undefined);
  const primary = uniqueKeys.find(({ primary }) => primary);
  const key = (named ?? primary?.columns ?? ["id"]).map((name) => findColumn(name, "id"));
  const isUnique = uniqueKeys.some((unique) => isSameSet(unique.columns, key));
  if (!isUnique)
    throw new Error(
      `${names.table}.${key.map(({ name }) => name).join(", ")} has no unique index of its own: add one, or name another column with --id`,
    );
  const nullable = key.find((column) => column.nullable);
  if (nullable) throw new Error(`${names.table}.${nullable.name} may be null: name another --id`);
  const owner = names.ownerColumn
    ? await findOwnerColumn(sql, { table: names.table, oid, columns }, names)
    : undefined;
  return { table: names.table, key, from, to, worldId: names.worldId, owner, namespace };
}

const jsonHint = (json: string | undefined) => (json ? ": name its key with --json-key" : "");

const isSameSet = (names: string[], columns: Column[]) =>
  names.length === columns.length && columns.every(({ name }) => names.includes(name));
