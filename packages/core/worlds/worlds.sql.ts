import type { Piece, World, WorldSummary } from "@keepsake/contract/schemas";
import type { Sql, TransactionSql } from "postgres";
import { shownDetails } from "../shownDetails.sql.ts";

/** A world as it is stored: `presentWorld` makes the URLs of its picture's copies from the picture's key. */
export type WorldRow = Omit<World, "image" | "page" | "pieces"> & {
  image: WorldImageRow | null;
  page_id: string | null;
};

type SummaryRow = Omit<WorldSummary, "image"> & { image: WorldImageRow | null };

export type WorldImageRow = Omit<NonNullable<World["image"]>, "variants"> & {
  key: string;
  variants: { width: number; height: number }[];
};

type NewWorld = Pick<World, "world_id" | "theme" | "title" | "story"> & {
  owner_id: string;
  image_id: string | null;
};

export type PieceRow = {
  piece_id: string;
  world_id: string;
  type: string;
  name: string;
  description: string;
  details: { image_portrait_base64?: string; [detail: string]: unknown };
  portrait_status: "none" | "pending";
  portrait_version: number;
  portrait_image_id: string | null;
  queued_at: string | null;
};

/** A world without its picture and its page. */
export async function insertWorld(tx: TransactionSql, world: NewWorld) {
  const [row] = await tx<[Omit<WorldRow, "image" | "page_id">]>`
    insert into worlds ${tx(world, "world_id", "owner_id", "theme", "title", "story", "image_id")}
    returning world_id, theme, title, story, created_at
  `;
  return row;
}

/** A portrait is sent as text next to its piece: inside the JSON, both sides would parse each of its characters. */
export function insertPieces(tx: TransactionSql, pieces: PieceRow[]) {
  const rows = pieces.map(({ details, ...piece }) => {
    const { image_portrait_base64 = null, ...rest } = details;
    return [
      piece.piece_id,
      piece.world_id,
      piece.type,
      piece.name,
      piece.description,
      JSON.stringify(rest),
      image_portrait_base64,
      piece.portrait_status,
      String(piece.portrait_version),
      piece.portrait_image_id,
      piece.queued_at,
    ];
  });
  return tx`
    insert into lore_pieces (piece_id, world_id, type, name, description, details, details_without_base64,
                             portrait_status, portrait_version, portrait_image_id, queued_at)
    select p.piece_id::uuid, p.world_id::uuid, p.type, p.name, p.description,
           case when p.base64 is null then p.details::jsonb
                else p.details::jsonb || jsonb_build_object('image_portrait_base64', p.base64)
           end,
           case when p.base64 is not null then p.details::jsonb end,
           p.status, p.version::integer, p.image_id::uuid, p.queued_at::timestamptz
    from (values ${tx(rows as string[][])})
      as p (piece_id, world_id, type, name, description, details, base64, status, version, image_id,
            queued_at)
  `;
}

export async function find(sql: Sql | TransactionSql, owner_id: string, world_id: string) {
  const [world] = await sql<WorldRow[]>`
    select ${worldColumns(sql)}, page_id
    from worlds w left join images i using (image_id) left join world_pages using (world_id)
    where w.world_id = ${world_id} and w.owner_id = ${owner_id}
  `;
  return world;
}

/** The columns of a world `w` that callers see, with its picture `i`. */
const worldColumns = (sql: Sql | TransactionSql) => sql`
  w.world_id, w.theme, w.title, w.story, w.created_at,
  case when i.status = 'published' and i.visibility = 'public' then jsonb_build_object(
    'image_id', i.image_id, 'key', i.key, 'url', i.url, 'width', i.width, 'height', i.height,
    'thumbhash', i.thumbhash, 'variants', i.variants, 'alt', i.alt
  ) end as image
`;

/** What a caller may change of a world. Undefined fields stay. */
export type WorldChanges = {
  theme: string | undefined;
  title: string | null | undefined;
  story: string | null | undefined;
  image_id: string | null | undefined;
};

/** Changes a world of the owner. */
export function update(
  tx: TransactionSql,
  owner_id: string,
  world_id: string,
  { theme, title, story, image_id }: WorldChanges,
) {
  const changed = (value: unknown) => tx`${value !== undefined}::boolean`;
  return tx`
    update worlds
    set theme = coalesce(${theme ?? null}, theme),
        title = case when ${changed(title)} then ${title ?? null} else title end,
        story = case when ${changed(story)} then ${story ?? null} else story end,
        image_id = case when ${changed(image_id)} then ${image_id ?? null}::uuid else image_id end
    where world_id = ${world_id} and owner_id = ${owner_id}
  `;
}

/**
 * Locks a world. Resolves to false when it is not the owner's. Only what deletes it waits for an export of everything
 * that holds it.
 */
export async function lock(
  tx: TransactionSql,
  owner_id: string,
  world_id: string,
  to: "change" | "delete" = "change",
) {
  const world = await tx`
    select 1 from worlds where world_id = ${world_id} and owner_id = ${owner_id}
    for ${to === "change" ? tx`no key update` : tx`update`}
  `;
  return world.length > 0;
}

/** How many pieces a world has; undefined when it is not the owner's. Concurrent additions wait for the lock. */
export async function lockAndCount(tx: TransactionSql, owner_id: string, world_id: string) {
  if (!(await lock(tx, owner_id, world_id))) return undefined;
  const [{ count }] = await tx<[{ count: number }]>`
    select count(*)::integer as count from lore_pieces where world_id = ${world_id}
  `;
  return count;
}

/** A page of worlds, each with what a list shows of its pieces. */
export function page(
  sql: Sql,
  owner_id: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  const isShown = sql`
    (portrait_status = 'published'
     or portrait_status <> 'none' and portrait_version > 1 and ${shownDetails(sql)} ? 'image_portrait')
  `;
  return sql<SummaryRow[]>`
    select ${worldColumns(sql)}, counts.*, first.cover,
           exists (select 1 from world_pages where world_pages.world_id = w.world_id) as has_page
    from (
      select * from worlds
      where owner_id = ${owner_id} ${cursor ? sql`and world_id < ${cursor}` : sql``}
      order by world_id desc
      limit ${limit}
    ) w left join images i using (image_id)
    cross join lateral (
      select count(*)::integer as piece_count,
             (count(*) filter (where ${isShown}))::integer as portrait_count,
             (count(*) filter (where portrait_status = 'pending'))::integer as pending_portraits
      from lore_pieces p where p.world_id = w.world_id
    ) counts
    cross join lateral (
      select coalesce(jsonb_agg(jsonb_build_object(
               'url', details -> 'image_portrait',
               'variants', coalesce(details -> 'image_portrait_variants', '[]')
             ) order by piece_id), '[]') as cover
      from (
        select piece_id, ${shownDetails(sql)} as details from lore_pieces p
        where p.world_id = w.world_id and ${isShown} and ${shownDetails(sql)} ? 'image_portrait'
        order by piece_id
        limit ${coverPortraits}
      ) shown
    ) first
    order by w.world_id desc
  `;
}

const coverPortraits = 4;

/** A world's pieces, or some of them, in the order they were sent, as callers see them. */
export function pieces(sql: Sql | TransactionSql, world_id: string, only?: string[]) {
  return sql<Piece[]>`
    select piece_id, type, name, description, ${shownDetails(sql)} as details,
           portrait_status, portrait_error
    from lore_pieces p
    where world_id = ${world_id} ${only ? sql`and piece_id in ${sql(only)}` : sql``}
    order by piece_id
  `;
}

/** Deletes a world of the owner, and resolves to the portraits it had; undefined when there is none. */
export async function remove(tx: TransactionSql, owner_id: string, world_id: string) {
  if (!(await lock(tx, owner_id, world_id, "delete"))) return undefined;
  const portraits = await tx<{ piece_id: string; version: number }[]>`
    select piece_id, portrait_version as version from lore_pieces
    where world_id = ${world_id} and portrait_version > 0
    order by piece_id
    for update
  `;
  await tx`delete from worlds where world_id = ${world_id}`;
  return portraits;
}
