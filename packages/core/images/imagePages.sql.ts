import { type Image, platforms, visibilities } from "@keepsake/contract/schemas";
import type { Sql } from "postgres";
import { linkedOwners } from "../linkedOwners.sql.ts";
import { type ImageRow, imageColumns, visible } from "./images.sql.ts";

/** The images that match all that is given. */
export type Filter = {
  platform?: Image["platform"] | undefined;
  visibility?: Image["visibility"] | undefined;
  tag?: string | undefined;
  /** Words, or beginnings of words. */
  q?: string | undefined;
  before?: Date | undefined;
  /** At this time or later. */
  after?: Date | undefined;
};

export type Order = "newest" | "oldest";

type Page = Filter & { order?: Order | undefined; limit: number; cursor?: string | undefined };

/**
 * The newest, or oldest, images of each group, then the newest of those. Written as one query over all groups,
 * Postgres may choose to read every owner's images.
 */
export function page(
  sql: Sql,
  owner_id: string,
  { limit, cursor, order = "newest", ...filter }: Page,
) {
  const isNewest = order === "newest";
  const byId = sql`order by image_id ${isNewest ? sql`desc` : sql`asc`}`;
  return sql<ImageRow[]>`
    select listed.* from ${linkedOwners(sql, owner_id)} owner (id) ${groups(sql, filter)}
    cross join lateral (
      select ${imageColumns(sql)} from images
      where ${inGroup(sql, filter)} and ${visible(sql)}
        ${cursor ? sql`and image_id ${isNewest ? sql`<` : sql`>`} ${cursor}` : sql``}
        ${matches(sql, filter)}
      ${byId}
      limit ${limit}
    ) listed
    ${byId}
    limit ${limit}
  `;
}

const isByText = ({ tag, q }: Filter) => tag !== undefined || q !== undefined;
const isByKind = (filter: Filter) =>
  !isByText(filter) && (filter.platform !== undefined || filter.visibility !== undefined);

/** With a platform or a visibility, the images of an owner are read by both: each pair has its place in an index. */
function groups(sql: Sql, filter: Filter) {
  if (!isByKind(filter)) return sql``;
  const { platform, visibility } = filter;
  const each = (values: readonly string[]) => sql`jsonb_array_elements_text(${sql.json(values)})`;
  return sql`
    cross join ${each(visibility ? [visibility] : visibilities)} shared (visibility)
    cross join ${each(platform ? [platform] : platforms)} origin (platform)
  `;
}

function inGroup(sql: Sql, filter: Filter) {
  if (isByKind(filter))
    return sql`
      visibility || ' ' || owner_id = shared.visibility || ' ' || owner.id
      and platform = origin.platform
    `;
  // the index by text has the owner in each entry: without the concatenation, Postgres may read the index of
  // all images of the owner as well
  return isByText(filter) ? sql`owner_id || '' = owner.id` : sql`owner_id = owner.id`;
}

/** The other conditions of a filter. An index serves the words and tags, and the order of ids the times. */
function matches(sql: Sql, { platform, visibility, tag, q, before, after }: Filter) {
  // as written in the index images_by_text
  const terms = sql`
    array_to_tsvector(image_terms(owner_id,
      coalesce(filename, '') || ' ' || coalesce(caption, '') || ' ' || coalesce(alt, ''), tags))
  `;
  const none = sql``;
  const ofText = isByText({ tag, q });
  return sql`
    ${ofText && platform ? sql`and platform = ${platform}` : none}
    ${ofText && visibility ? sql`and visibility = ${visibility}` : none}
    ${tag === undefined ? none : sql`and ${terms} @@ image_query(owner.id, '', array[${tag}]::text[])`}
    ${q === undefined ? none : sql`and ${terms} @@ image_query(owner.id, ${q}, '{}')`}
    ${before ? sql`and created_at < ${before} and image_id < ${idAt(before, clockSkewMs)}` : none}
    ${after ? sql`and created_at >= ${after} and image_id >= ${idAt(after, -clockSkewMs)}` : none}
  `;
}

/** Between a function's clock, which is in the id, and the database's, which is in `created_at`. */
const clockSkewMs = 60_000;

/** The least UUIDv7 of a time: ids are indexed, and grow with time. */
function idAt(time: Date, offsetMs: number): string {
  const hex = Math.max(0, time.getTime() + offsetMs)
    .toString(16)
    .padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
}
