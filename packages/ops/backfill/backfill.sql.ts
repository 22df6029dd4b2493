import type { Fragment, Sql } from "postgres";
import type { ProductTable } from "./productTable.sql.ts";

/** What expiring Discord URLs begin with, and what our permanent ones begin with. */
export type UrlPrefixes = { discordOrigins: string[]; publicUrl: string };

export type TableSummary = {
  rows: number;
  base64: number;
  base64_bytes: number;
  telegram: number;
  discord: number;
  permanent: number;
  other: number;
  details_bytes: number;
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
  prefixes: UrlPrefixes,
): Promise<TableSummary> {
  const [summary] = await sql<TableSummary[]>`
    select count(*)::float8 as rows,
           count(f.base64)::float8 as base64,
           coalesce(sum(octet_length(f.base64)), 0)::float8 as base64_bytes,
           count(*) filter (where k.kind = 'telegram')::float8 as telegram,
           count(*) filter (where k.kind = 'discord')::float8 as discord,
           count(*) filter (where k.kind = 'permanent')::float8 as permanent,
           count(*) filter (where k.kind = 'other')::float8 as other,
           coalesce(sum(octet_length(t.${sql(table.details)}::text)), 0)::float8 as details_bytes,
           count(*) filter (
             where f.base64 is not null or k.kind in ${sql(expiring)}
           )::float8 as candidates,
           count(k.bot)::float8 as tokens,
           coalesce(string_agg(distinct k.bot, ', '), '') as bots
    from ${sql(table.table)} t ${fields(sql, table, prefixes)}
  `;
  return summary!;
}

export type ProductRow = {
  id: string;
  world_id: string | null;
  /** Null when there is none, or when it is longer than `maxBase64Chars`. */
  base64: string | null;
  base64_length: number | null;
  portrait: string | null;
  kind: "telegram" | "discord" | "permanent" | "other" | "unreadable" | null;
  /** The MD5 of what was read, to see later whether it is unchanged. */
  base64_md5: string | null;
  portrait_md5: string | null;
};

/** The next rows to backfill after an id, in the order of ids. */
export function readBatch(
  sql: Sql,
  table: ProductTable,
  { prefixes, after, size, maxBase64Chars }: BatchOptions,
) {
  const id = sql`t.${sql(table.id)}`;
  const isAfter =
    after === undefined ? sql`true` : sql`${id} > ${after}::text::${idType(sql, table)}`;
  return sql<ProductRow[]>`
    select ${id}::text as id, t.${sql(table.worldId)}::text as world_id,
           case when octet_length(f.base64) <= ${maxBase64Chars} then f.base64 end as base64,
           octet_length(f.base64) as base64_length, md5(f.base64) as base64_md5,
           f.portrait, md5(f.portrait) as portrait_md5, k.kind
    from ${sql(table.table)} t ${fields(sql, table, prefixes)}
    where ${isAfter} and (f.base64 is not null or k.kind in ${sql(expiring)})
    order by ${id}
    limit ${size}
  `;
}

type BatchOptions = {
  prefixes: UrlPrefixes;
  after: string | undefined;
  size: number;
  /** Longer base64 is not read: it could fill the memory. */
  maxBase64Chars: number;
};

export type PublishedRow = Pick<ProductRow, "id" | "base64_md5" | "portrait_md5"> & { url: string };

/**
 * Replaces what was read with the URLs, in the rows that have not changed since, and resolves to the ids
 * of those rows. Everything else in `details` stays as it is now.
 */
export async function writeUrls(sql: Sql, table: ProductTable, published: PublishedRow[]) {
  const details = sql(table.details);
  const rows = await sql<{ id: string }[]>`
    update ${sql(table.table)} t
    set ${details} = (
      t.${details}::jsonb - 'image_portrait_base64' || jsonb_build_object('image_portrait', o.url)
    )::${sql.unsafe(table.detailsType)}
    from jsonb_to_recordset(${sql.json(published)})
      as o (id text, url text, base64_md5 text, portrait_md5 text)
    where t.${sql(table.id)} = o.id::${idType(sql, table)}
      and md5(t.${details} ->> 'image_portrait_base64') is not distinct from o.base64_md5
      and md5(t.${details} ->> 'image_portrait') is not distinct from o.portrait_md5
    returning o.id
  `;
  return rows.map(({ id }) => id);
}

/** The portrait URLs that these rows have now, by id. A deleted row has no entry. */
export async function readPortraitUrls(sql: Sql, table: ProductTable, ids: string[]) {
  const rows = await sql<{ id: string; portrait: string | null }[]>`
    select t.${sql(table.id)}::text as id, t.${sql(table.details)} ->> 'image_portrait' as portrait
    from ${sql(table.table)} t
    where t.${sql(table.id)} in (
      select o.id::${idType(sql, table)}
      from jsonb_to_recordset(${sql.json(ids.map((id) => ({ id })))}) as o (id text)
    )
  `;
  return new Map(rows.map(({ id, portrait }) => [id, portrait]));
}

/**
 * The portrait's fields in a row's details, and the kind of portrait. `offset 0` keeps Postgres from
 * unpacking the details again for every use. Telegram's file URLs are recognized by their path.
 */
function fields(
  sql: Sql,
  table: ProductTable,
  { discordOrigins, publicUrl }: UrlPrefixes,
): Fragment {
  const details = sql`t.${sql(table.details)}`;
  const isUnreadable =
    table.detailsType === "json" ? sql`${details}::text ~ ${unreadable}` : sql`false`;
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
                  else 'other' end as kind,
             substring(f.portrait from '/bot([0-9]+)(?::|%3[Aa])') as bot
    ) k
  `;
}

/**
 * Matches escapes that json stores but Postgres cannot read, anywhere in the text: a zero, and one half
 * of a surrogate pair without the other. The backslash itself must not be escaped.
 */
const unreadable =
  String.raw`(?:^|[^\\])(?:\\\\)*(?:\\u0000|` +
  String.raw`\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F])`;

const expiring = ["telegram", "discord", "unreadable"];

/** Safe without quoting: Postgres itself wrote the name. */
const idType = (sql: Sql, table: ProductTable) => sql.unsafe(table.idType);
