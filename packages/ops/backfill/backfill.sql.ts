import type { Fragment, Sql } from "postgres";

/** How a product calls what we need; a table may be named with its schema, by a dot. */
export type Names = { table: string; id: string; worldId: string; details: string };

/** A table of a product, as it is. Types are Postgres's own names of them. */
export type Legacy = Names & {
  idType: string;
  detailsType: string;
  /** What its ids are unique in: database, schema and table. */
  space: string;
};

/** Reads what kind of table it is. Throws, in one line, when it is none that can be backfilled. */
export async function describeTable(sql: Sql, names: Names): Promise<Legacy> {
  const [table] = await sql<{ oid: number; space: string }[]>`
    select c.oid::int8::text as oid, concat_ws('.', current_database(), n.nspname, c.relname) as space
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
  const column = (name: string, flag: string) => {
    const found = columns.find((known) => known.name === name);
    if (!found) throw new Error(`${names.table} has no column ${name}: name yours with --${flag}`);
    return found;
  };
  if (columns.some(({ name }) => name === "portrait_status"))
    throw new Error(
      `${names.table} is Keepsake's own: its queue and its sweep publish these portraits`,
    );
  const id = column(names.id, "id");
  const details = column(names.details, "details");
  column(names.worldId, "world-id");
  if (!id.is_unique)
    throw new Error(`${names.table}.${names.id} has no unique index of its own: rows need one`);
  if (!["json", "jsonb"].includes(details.type))
    throw new Error(`${names.table}.${names.details} is ${details.type}; it must be json or jsonb`);
  return { ...names, idType: id.type, detailsType: details.type, space: table.space };
}

/** Where the URLs come from that will not last, and where ours are. */
export type Places = { discordOrigins: string[]; publicUrl: string };

export type Survey = {
  rows: number;
  base64: number;
  base64_bytes: number;
  telegram: number;
  discord: number;
  permanent: number;
  elsewhere: number;
  details_bytes: number;
  /** Rows that are to be backfilled. */
  candidates: number;
  /** Rows with a bot's token in their URL, and the ids of those bots, which are no secret. */
  tokens: number;
  bots: string;
};

/** What the table holds now. Reads all of it once. */
export async function survey(sql: Sql, legacy: Legacy, places: Places): Promise<Survey> {
  const [counts] = await sql<Survey[]>`
    select count(*)::float8 as rows,
           count(f.base64)::float8 as base64,
           coalesce(sum(octet_length(f.base64)), 0)::float8 as base64_bytes,
           count(*) filter (where k.kind = 'telegram')::float8 as telegram,
           count(*) filter (where k.kind = 'discord')::float8 as discord,
           count(*) filter (where k.kind = 'permanent')::float8 as permanent,
           count(*) filter (where k.kind = 'elsewhere')::float8 as elsewhere,
           coalesce(sum(octet_length(t.${sql(legacy.details)}::text)), 0)::float8 as details_bytes,
           count(*) filter (
             where f.base64 is not null or k.kind in ${sql(expiring)}
           )::float8 as candidates,
           count(k.bot)::float8 as tokens,
           coalesce(string_agg(distinct k.bot, ', '), '') as bots
    from ${sql(legacy.table)} t ${fields(sql, legacy, places)}
  `;
  return counts!;
}

export type LegacyRow = {
  id: string;
  world_id: string | null;
  /** Null when there is none, or when it is longer than was asked for. */
  base64: string | null;
  base64_length: number | null;
  portrait: string | null;
  kind: "telegram" | "discord" | "permanent" | "elsewhere" | "unreadable" | null;
  /** Of what was read, to see later whether it still is so. */
  base64_md5: string | null;
  portrait_md5: string | null;
};

/** The next rows to backfill after an id, in the order of ids. */
export function nextBatch(
  sql: Sql,
  legacy: Legacy,
  { places, after, size, base64Chars }: BatchOptions,
) {
  const id = sql`t.${sql(legacy.id)}`;
  const beyond =
    after === undefined ? sql`true` : sql`${id} > ${after}::text::${idType(sql, legacy)}`;
  return sql<LegacyRow[]>`
    select ${id}::text as id, t.${sql(legacy.worldId)}::text as world_id,
           case when octet_length(f.base64) <= ${base64Chars} then f.base64 end as base64,
           octet_length(f.base64) as base64_length, md5(f.base64) as base64_md5,
           f.portrait, md5(f.portrait) as portrait_md5, k.kind
    from ${sql(legacy.table)} t ${fields(sql, legacy, places)}
    where ${beyond} and (f.base64 is not null or k.kind in ${sql(expiring)})
    order by ${id}
    limit ${size}
  `;
}

type BatchOptions = {
  places: Places;
  after: string | undefined;
  size: number;
  /** Longer base64 is not read: it could fill the memory. */
  base64Chars: number;
};

export type Published = Pick<LegacyRow, "id" | "base64_md5" | "portrait_md5"> & { url: string };

/**
 * Writes the URLs of a batch in place of what was read, and resolves to the ids of the rows that still
 * were so. Everything else in `details` stays as it is now.
 */
export async function settle(sql: Sql, legacy: Legacy, published: Published[]) {
  const details = sql(legacy.details);
  const rows = await sql<{ id: string }[]>`
    update ${sql(legacy.table)} t
    set ${details} = (
      t.${details}::jsonb - 'image_portrait_base64' || jsonb_build_object('image_portrait', o.url)
    )::${sql.unsafe(legacy.detailsType)}
    from jsonb_to_recordset(${sql.json(published)})
      as o (id text, url text, base64_md5 text, portrait_md5 text)
    where t.${sql(legacy.id)} = o.id::${idType(sql, legacy)}
      and md5(t.${details} ->> 'image_portrait_base64') is not distinct from o.base64_md5
      and md5(t.${details} ->> 'image_portrait') is not distinct from o.portrait_md5
    returning o.id
  `;
  return rows.map(({ id }) => id);
}

/** What these rows say of their portrait now. A row that is gone is not among them. */
export async function findPortraits(sql: Sql, legacy: Legacy, ids: string[]) {
  const rows = await sql<{ id: string; portrait: string | null }[]>`
    select t.${sql(legacy.id)}::text as id, t.${sql(legacy.details)} ->> 'image_portrait' as portrait
    from ${sql(legacy.table)} t
    where t.${sql(legacy.id)} in (
      select o.id::${idType(sql, legacy)}
      from jsonb_to_recordset(${sql.json(ids.map((id) => ({ id })))}) as o (id text)
    )
  `;
  return new Map(rows.map(({ id, portrait }) => [id, portrait]));
}

/**
 * What we read of a row's details, and what kind of portrait that is. `offset 0` keeps Postgres from
 * unpacking the details again for every use. Telegram's file URLs are known by their form.
 */
function fields(sql: Sql, legacy: Legacy, { discordOrigins, publicUrl }: Places): Fragment {
  const details = sql`t.${sql(legacy.details)}`;
  const isUnreadable =
    legacy.detailsType === "json" ? sql`${details}::text ~ ${unreadable}` : sql`false`;
  const isDiscord = discordOrigins.map(
    (origin) => sql`when starts_with(f.portrait, ${`${origin}/`}) then 'discord'`,
  );
  return sql`
    cross join lateral (select ${isUnreadable} as is_unreadable offset 0) u
    cross join lateral (
      select case when not u.is_unreadable then ${details} ->> 'image_portrait_base64' end as base64,
             case when not u.is_unreadable then ${details} ->> 'image_portrait' end as portrait
      offset 0
    ) f
    cross join lateral (
      select case when u.is_unreadable then 'unreadable'
                  when f.portrait is null then null
                  when starts_with(f.portrait, ${`${publicUrl}/`}) then 'permanent'
                  when f.portrait ~ '^https?://[^/]+/file/bot[0-9]+(:|%3[Aa])' then 'telegram'
                  ${isDiscord}
                  else 'elsewhere' end as kind,
             substring(f.portrait from '/bot([0-9]+)(?::|%3[Aa])') as bot
    ) k
  `;
}

/**
 * Escapes that json keeps but Postgres refuses to read, wherever in it they are: a zero, and either half
 * of a surrogate pair without the other. The backslash must not be an escaped one.
 */
const unreadable =
  String.raw`(?:^|[^\\])(?:\\\\)*(?:\\u0000|` +
  String.raw`\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F])`;

const expiring = ["telegram", "discord", "unreadable"];

/** The type's name as Postgres itself writes it. */
const idType = (sql: Sql, legacy: Legacy) => sql.unsafe(legacy.idType);

/** As `sql(name)` quotes it: a dot parts schema and table. */
const quoted = (name: string) => `"${name.replaceAll('"', '""').replaceAll(".", '"."')}"`;
