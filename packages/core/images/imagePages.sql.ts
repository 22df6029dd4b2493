import { type Image, platforms, visibilities } from "@keepsake/contract/schemas";
import type { PendingQuery, Row, Sql } from "postgres";
import { linkedOwners } from "../linkedOwners.sql.ts";
import { type ImageRow, imageColumns, visible } from "./images.sql.ts";
import { isSaid, isSaidByEach, type Said } from "./imageTexts.sql.ts";

/** The images that match all that is given. */
export type Filter = Said & {
  platform?: Image["platform"] | undefined;
  visibility?: Image["visibility"] | undefined;
  before?: Date | undefined;
  /** At this time or later. */
  after?: Date | undefined;
};

export type Order = "newest" | "oldest";

type Page = Filter & { order?: Order | undefined; limit: number; cursor?: string | undefined };

/** What of an owner's images is listed, from where on, and how. */
type Listing = {
  filter: Filter;
  place: Fragment;
  byId: Fragment;
  /** The order of the index of an owner's images. */
  byOwner: Fragment;
  limit: number;
};

type Fragment = PendingQuery<Row[]>;

/**
 * The newest, or oldest, images of each group, then the newest of those. Written as one query over all groups,
 * Postgres may choose to read every owner's images.
 */
export function page(sql: Sql, owner_id: string, { limit, ...asked }: Page) {
  const { order, cursor, ...filter } = asked;
  const isOldest = order === "oldest";
  const byId = sql`order by image_id ${isOldest ? sql`asc` : sql`desc`}`;
  const byOwner = isOldest
    ? sql`order by owner_id desc, image_id asc`
    : sql`order by owner_id asc, image_id desc`;
  const listing = { filter, place: placeOf(sql, asked), byId, byOwner, limit };
  return sql<ImageRow[]>`
    select listed.* from ${linkedOwners(sql, owner_id)} owner (id) ${groups(sql, filter)}
    cross join lateral (
      ${isByText(filter) ? listedByText(sql, listing) : listed(sql, listing)}
    ) listed
    ${byId}
    limit ${limit}
  `;
}

const isByText = ({ tag, q }: Filter) => tag !== undefined || q !== undefined;
const isByKind = ({ platform, visibility }: Filter) =>
  platform !== undefined || visibility !== undefined;

/** With a platform or a visibility, the images of an owner are read by both: each pair has its place in an index. */
function groups(sql: Sql, filter: Filter) {
  if (isByText(filter) || !isByKind(filter)) return sql``;
  const { platform, visibility } = filter;
  const each = (values: readonly string[]) => sql`jsonb_array_elements_text(${sql.json(values)})`;
  return sql`
    cross join ${each(visibility ? [visibility] : visibilities)} shared (visibility)
    cross join ${each(platform ? [platform] : platforms)} origin (platform)
  `;
}

/** The images of a group, which an index has in the order of the list. */
function listed(sql: Sql, listing: Listing) {
  const { filter, place, byId, limit } = listing;
  if (!isByKind(filter)) return listedByOwner(sql, listing, imageColumns(sql), limit);
  return sql`
    select ${imageColumns(sql)} from images
    where visibility || ' ' || owner_id = shared.visibility || ' ' || owner.id
      and platform = origin.platform and ${visible(sql)} ${place}
    ${byId}
    limit ${limit}
  `;
}

/**
 * The next images of an owner. Ordered by the id alone, and with an owner that equals another value, Postgres may read
 * the newest images of all owners, however many there are before one of this owner. The index of an owner's images has
 * this order, and the primary key does not.
 */
function listedByOwner(sql: Sql, listing: Listing, columns: Fragment, limit: number) {
  return sql`
    select ${columns} from images
    where owner_id = any (array[owner.id]) and ${visible(sql)} ${listing.place}
    ${listing.byOwner}
    limit ${limit}
  `;
}

/**
 * The images of an owner with a tag or words. The index by text has no order: of what very many images have, all
 * would be read for one page. So the next images of the owner are tried first, in order, and more of them when some
 * match. That index is read only when too few do.
 */
function listedByText(sql: Sql, listing: Listing) {
  const { filter, place, byId, limit } = listing;
  const { platform, visibility } = filter;
  const ofKind = sql`
    ${platform ? sql`and platform = ${platform}` : sql``}
    ${visibility ? sql`and visibility = ${visibility}` : sql``}
  `;
  const tried = (count: number, when: Fragment) => sql`
    select ${imageColumns(sql)} from (${listedByOwner(sql, listing, sql`*`, count)}) images
    where ${isSaidByEach(sql, filter)} ${ofKind} and ${when}
    ${listing.byOwner}
    limit ${limit}
  `;
  const near = sql`(select count(*) from near)`;
  const further = sql`(select count(*) from further)`;
  return sql`
    with near as materialized (${tried(triedFirst, sql`true`)}),
    further as materialized (
      ${tried(triedThen, sql`${near} < ${limit} and ${near} >= ${enoughToTryMore}`)}
    )
    select * from near where ${near} = ${limit}
    union all
    select * from further where ${further} = ${limit}
    union all
    (
      select ${imageColumns(sql)} from images
      -- without the concatenation, Postgres may read the index of all images of the owner as well
      where owner_id || '' = owner.id and ${visible(sql)} ${place}
        and ${isSaid(sql, filter)} ${ofKind} and ${near} < ${limit} and ${further} < ${limit}
      ${byId}
      limit ${limit}
    )
  `;
}

const triedFirst = 500;
const triedThen = 10_000;
/** Of the images tried first. With so many, a page of 50 is likely to be full when those tried then are read. */
const enoughToTryMore = 3;

/** What follows the cursor, of the times. The order of ids serves both. */
function placeOf(sql: Sql, { cursor, order = "newest", before, after }: Omit<Page, "limit">) {
  const none = sql``;
  return sql`
    ${cursor ? sql`and image_id ${order === "newest" ? sql`<` : sql`>`} ${cursor}` : none}
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
