import { parseArgs } from "node:util";
import { encryptionProblem, readDatabaseUrl, tlsAdvice } from "@keepsake/contract/databaseUrl";
import type { BackfillOptions } from "./backfill.ts";
import type { FieldName } from "./describeProductTable.sql.ts";

export const help = `Usage: npm run backfill -- --database-url postgres://… [options] [--stage NAME]

Moves pictures of a table in any Postgres database into Keepsake, and writes their URLs there (docs/backfill.md).

Where they are:
  --table NAME            the table, or schema.table (lore_pieces)
  --id COLUMN[,COLUMN]    its key (id, or else the primary key)
  --column COLUMN         a text column with base64, data URLs or URLs
  --write-column COLUMN   the text column for the URL (the same one)
  --json-column COLUMN    a column of JSON (details)
  --json-key KEY[.KEY]    the value in it
  --write-key KEY         the key for the URL, beside that one (the same one)
Whose they are:
  --owner-column COLUMN   the column with the owner's id, or table.column of a row that this one refers to
  --owner-key COLUMN      the column that refers to that row, where no foreign key says so
  --owner ID              the owner of all rows, or of those without one
Without an owner, portraits in details.image_portrait_base64 are moved, and get no rows in Keepsake:
  --world-id COLUMN       the column of the portrait's world (world_id)
How:
  --shrink                makes pictures over the limits smaller
  --overwrite             replaces what is already where the URL is written (the row is skipped)
  --events                sends image.published of every picture to the stage's receiver (none is sent)
  --dry-run               does everything but writing
  --batch N               rows in one batch, 1 to 100 (20)
  --limit N               stops after N pictures (all)
  --report FILE           lists skipped and repaired rows there, one line of JSON each
Other:
  --variants              makes smaller copies of what Keepsake published before; with --dry-run only
`;

export type Flags = BackfillOptions & { databaseUrl: string; report: string | undefined };

/** Throws a one-line error for flags that do not go together. */
export function parseFlags(args: string[]): Flags {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      ...{ "database-url": text, table: text, id: text, "world-id": text, report: text },
      ...{ column: text, "write-column": text, "write-key": text },
      ...{ details: text, "json-column": text, "json-key": text },
      ...{ owner: text, "owner-column": text, "owner-key": text },
      ...{ batch: text, limit: text },
      "dry-run": { type: "boolean", default: false },
      shrink: { type: "boolean", default: false },
      events: { type: "boolean", default: false },
      overwrite: { type: "boolean", default: false },
    },
  });
  const { "database-url": databaseUrl = "", owner, "owner-column": ownerColumn, limit } = values;
  if (!/^postgres(ql)?:$/.test(URL.parse(databaseUrl)?.protocol ?? ""))
    throw new Error(
      "Name the product's database, which must be Postgres: -- --database-url postgres://…",
    );
  if (readDatabaseUrl(databaseUrl).encryption === "missing")
    throw new Error(`${encryptionProblem(databaseUrl)}: ${tlsAdvice}`);
  const places = parsePlaces(values);
  const hasOwner = owner !== undefined || ownerColumn !== undefined;
  if (places.isChosen && !hasOwner)
    throw new Error(
      "Name whose pictures these are with --owner-column or --owner: without an owner nothing could erase them",
    );
  if (values["world-id"] !== undefined && hasOwner)
    throw new Error("Leave --world-id out: images of an owner have no world");
  if (values.events && !hasOwner)
    throw new Error("Name the owners too: there are no events of pictures without one");
  return {
    databaseUrl,
    report: values.report,
    table: values.table ?? "lore_pieces",
    id: values.id?.split(","),
    from: places.from,
    to: places.to,
    worldId: hasOwner ? undefined : (values["world-id"] ?? "world_id"),
    ownerColumn,
    ownerKey: values["owner-key"],
    owner,
    shrink: values.shrink,
    events: values.events,
    overwrite: values.overwrite || !places.isChosen,
    batch: parseCount("batch", values.batch ?? "20", 100),
    limit: limit === undefined ? Number.POSITIVE_INFINITY : parseCount("limit", limit),
    dryRun: values["dry-run"],
  };
}

type Places = {
  from: FieldName;
  to: FieldName;
  /** Whether another place than a portrait's is named. */
  isChosen: boolean;
};

function parsePlaces(values: Partial<Record<string, string | boolean>>): Places {
  const given = (flag: string) => values[flag] as string | undefined;
  const [column, jsonKey, writeKey] = [given("column"), given("json-key"), given("write-key")];
  const writeColumn = given("write-column");
  const jsonColumn = given("json-column") ?? given("details");
  if (column !== undefined && (jsonColumn ?? jsonKey ?? writeKey) !== undefined)
    throw new Error("Name either a text column with --column, or a key of JSON with --json-key");
  if (writeColumn !== undefined && writeKey !== undefined)
    throw new Error("Name either --write-column or --write-key");
  if (writeKey !== undefined && jsonKey === undefined)
    throw new Error("Name the key that is read too, with --json-key");
  const written = (from: FieldName) =>
    writeColumn === undefined ? from : { column: writeColumn, path: [] };
  if (column !== undefined) {
    const from = { column, path: [] };
    return { from, to: written(from), isChosen: true };
  }
  const json = jsonColumn ?? "details";
  if (jsonKey === undefined) {
    const from = { column: json, path: ["image_portrait_base64"] };
    const portrait = { column: json, path: ["image_portrait"] };
    const to = writeColumn === undefined ? portrait : written(from);
    return { from, to, isChosen: writeColumn !== undefined };
  }
  const path = jsonKey.split(".");
  const from = { column: json, path };
  if (writeKey === undefined) return { from, to: written(from), isChosen: true };
  return { from, to: { column: json, path: [...path.slice(0, -1), writeKey] }, isChosen: true };
}

function parseCount(flag: string, value: string, max = Number.MAX_SAFE_INTEGER) {
  if (!/^[1-9]\d*$/.test(value) || Number(value) > max)
    throw new Error(
      `--${flag} takes a whole number from 1${max < 1e6 ? ` to ${max}` : ""}, not ${value}`,
    );
  return Number(value);
}
