import type { Piece, WorldSummary } from "@keepsake/contract/schemas";
import type { Sql, TransactionSql } from "postgres";

export type WorldRow = Omit<WorldSummary, "created_at"> & { owner_id: string };

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

export async function insertWorld(tx: TransactionSql, world: WorldRow): Promise<WorldSummary> {
  const [row] = await tx<[WorldSummary]>`
    insert into worlds ${tx(world, "world_id", "owner_id", "theme", "title", "story")}
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
    insert into lore_pieces (piece_id, world_id, type, name, description, details, portrait_status,
                             portrait_version, portrait_image_id, queued_at)
    select p.piece_id::uuid, p.world_id::uuid, p.type, p.name, p.description,
           case when p.base64 is null then p.details::jsonb
                else p.details::jsonb || jsonb_build_object('image_portrait_base64', p.base64)
           end,
           p.status, p.version::integer, p.image_id::uuid, p.queued_at::timestamptz
    from (values ${tx(rows as string[][])})
      as p (piece_id, world_id, type, name, description, details, base64, status, version, image_id,
            queued_at)
  `;
}

export async function find(sql: Sql | TransactionSql, owner_id: string, world_id: string) {
  const [world] = await sql<WorldSummary[]>`
    select world_id, theme, title, story, created_at from worlds
    where world_id = ${world_id} and owner_id = ${owner_id}
  `;
  return world;
}

/** How many pieces a world has; undefined when it is not the owner's. Concurrent additions wait for the lock. */
export async function lockAndCount(tx: TransactionSql, owner_id: string, world_id: string) {
  const [world] = await tx`
    select 1 from worlds where world_id = ${world_id} and owner_id = ${owner_id} for update
  `;
  if (!world) return undefined;
  const [{ count }] = await tx<[{ count: number }]>`
    select count(*)::integer as count from lore_pieces where world_id = ${world_id}
  `;
  return count;
}

export function page(
  sql: Sql,
  owner_id: string,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  return sql<WorldSummary[]>`
    select world_id, theme, title, story, created_at from worlds
    where owner_id = ${owner_id} ${cursor ? sql`and world_id < ${cursor}` : sql``}
    order by world_id desc
    limit ${limit}
  `;
}

/** A world's pieces, or some of them, in the order they were sent, as callers see them. */
export function pieces(sql: Sql | TransactionSql, world_id: string, only?: string[]) {
  return sql<Piece[]>`
    select piece_id, type, name, description, details - 'image_portrait_base64' as details,
           portrait_status, portrait_error
    from lore_pieces
    where world_id = ${world_id} ${only ? sql`and piece_id in ${sql(only)}` : sql``}
    order by piece_id
  `;
}

/** Deletes a world of the owner, and resolves to the portraits it had; undefined when there is none. */
export async function remove(tx: TransactionSql, owner_id: string, world_id: string) {
  const [world] = await tx`
    select 1 from worlds where world_id = ${world_id} and owner_id = ${owner_id} for update
  `;
  if (!world) return undefined;
  const portraits = await tx<{ piece_id: string; version: number }[]>`
    select piece_id, portrait_version as version from lore_pieces
    where world_id = ${world_id} and portrait_version > 0
    order by piece_id
    for update
  `;
  await tx`delete from worlds where world_id = ${world_id}`;
  return portraits;
}
