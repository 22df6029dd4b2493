import type { Fragment, Sql } from "postgres";
import type { Field, ProductTable } from "./describeProductTable.sql.ts";

/** How URLs are recognized. */
export type KnownUrls = {
  /** What expiring Discord URLs begin with. */
  discordOrigins: string[];
  /** The hosts whose URLs may be fetched, each exact or `*.` and a suffix. */
  hosts: string[];
  /** What our permanent URLs begin with. */
  publicUrl: string;
};

/** What a row's value is. `unreadable` is JSON that Postgres cannot read; `other` is left as it is. */
export type Kind =
  | "base64"
  | "telegram"
  | "discord"
  | "url"
  | "permanent"
  | "other"
  | "unreadable"
  | null;

/** The kinds that are moved. */
export const moved = ["base64", "telegram", "discord", "url", "unreadable"];

/** The text of a field; null when there is none. */
export function textOf(sql: Sql, { column, path, json }: Field): Fragment {
  const value = sql`t.${quoted(sql, column)}`;
  return json ? sql`(${value} #>> ${pathOf(sql, path)})` : sql`${value}::text`;
}

/** A path in JSON. */
export const pathOf = (sql: Sql, path: string[]) =>
  sql`array[${list(
    sql,
    path.map((name) => sql`${name}::text`),
  )}]`;

/** The name of a column, which may contain a dot: `sql(name)` would take that for a separator. */
export const quoted = (sql: Sql, name: string) => sql.unsafe(`"${name.replaceAll('"', '""')}"`);

/** Separated by commas; there must be one. */
export const list = (sql: Sql, fragments: Fragment[]) =>
  fragments.reduce((before, each) => sql`${before}, ${each}`);

/**
 * What a row holds, and of which kind it is: `f.source` and `f.target` as they are, `v.text` the value to
 * move, `k.kind`. `offset 0` keeps Postgres from unpacking the value again for every use, and kinds are
 * found in its beginning only. Telegram's file URLs are recognized by their path.
 */
export function fields(
  sql: Sql,
  table: ProductTable,
  { discordOrigins, hosts, publicUrl }: KnownUrls,
): Fragment {
  const isOneField = isSameField(table);
  const source = textOf(sql, table.from);
  const target = isOneField ? sql`null::text` : textOf(sql, table.to);
  const isReadable = table.from.json === "json" ? isReadableJson(sql, table.from) : sql`true`;
  const isDiscord = discordOrigins.map(
    (origin) => sql`when starts_with(v.head, ${`${origin}/`}) then 'discord'`,
  );
  const isAllowed = sql`substring(lower(v.head) from '^https://([^/:?#@]+)(?:[/?#]|$)') ~ ${patternOf(hosts)}`;
  // a field of its own for base64 holds nothing else; where URLs are, a path such as /a.png is none
  const looksLikeBase64 = sql`v.head ~ ${base64Head}`;
  return sql`
    cross join lateral (select ${isReadable} as is_readable offset 0) r
    cross join lateral (
      select case when r.is_readable then ${source} end as source,
             case when r.is_readable then ${target} end as target
      offset 0
    ) f
    cross join lateral (
      select coalesce(nullif(f.source, ''), nullif(f.target, '')) as text,
             left(coalesce(nullif(f.source, ''), nullif(f.target, '')), 2000) as head
      offset 0
    ) v
    cross join lateral (
      select case when not r.is_readable then 'unreadable'
                  when v.head is null then null
                  when starts_with(v.head, ${`${publicUrl}/`}) then 'permanent'
                  when v.head ~ '^https?://[^/]+/file/bot[0-9]+(:|%3[Aa])' then 'telegram'
                  ${isDiscord}
                  when v.head ~ '^https?://' then case when ${isAllowed} then 'url' else 'other' end
                  when ${isOneField ? sql`false` : sql`f.source <> ''`} then 'base64'
                  when ${looksLikeBase64} then 'base64'
                  else 'other' end as kind
      offset 0
    ) k
  `;
}

const base64Head = String.raw`^\s*([Dd][Aa][Tt][Aa]:|iVBORw0KGg|[/_]9j[/_]|UklGR|R0lGOD|AAAA[A-Za-z0-9+/_-]{2}Z0eX|[A-Za-z0-9+/_=\s-]+$)`;

const patternOf = (hosts: string[]) =>
  `^(${hosts.map((host) => host.replaceAll(".", "\\.").replace("*", ".+")).join("|")})$`;

/** Whether URLs are written to where pictures are read from. */
export const isSameField = ({ from, to }: ProductTable) =>
  from.column === to.column && from.path.join("\0") === to.path.join("\0");

/**
 * False for escapes that json stores but Postgres cannot read, anywhere in the text: a zero, and one half
 * of a surrogate pair without the other. The backslash itself must not be escaped.
 */
function isReadableJson(sql: Sql, { column }: Field): Fragment {
  return sql`coalesce(t.${quoted(sql, column)}::text !~ ${unreadable}, true)`;
}

const unreadable =
  String.raw`(?:^|[^\\])(?:\\\\)*(?:\\u0000|` +
  String.raw`\\u[dD][89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F])`;
