import type { Piece } from "@keepsake/contract/schemas";
import type { TransactionSql } from "postgres";
import { shownDetails } from "../shownDetails.sql.ts";

/** What a caller may change of a piece. Undefined fields stay. */
export type PieceChanges = {
  name: string | undefined;
  description: string | undefined;
  details: object | undefined;
};

/**
 * Changes a piece of the owner. New details replace the caller's keys and none of a portrait's: one that a worker
 * publishes meanwhile is published. Resolves to undefined when there is no such piece.
 */
export async function update(
  tx: TransactionSql,
  { owner_id, world_id, piece_id }: { owner_id: string; world_id: string; piece_id: string },
  { name, description, details }: PieceChanges,
) {
  const [piece] = await tx<Piece[]>`
    update lore_pieces p
    set name = coalesce(${name ?? null}, p.name),
        description = coalesce(${description ?? null}, p.description),
        details = case when ${details !== undefined}::boolean
          then ${JSON.stringify(details ?? {})}::text::jsonb || (
            select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(p.details)
            where key in ('image_portrait_base64', 'image_portrait', 'image_portrait_variants'))
          else p.details end,
        updated_at = now()
    from worlds w
    where p.piece_id = ${piece_id} and p.world_id = ${world_id}
      and w.world_id = p.world_id and w.owner_id = ${owner_id}
    returning p.piece_id, p.type, p.name, p.description,
              ${shownDetails(tx)} as details, p.portrait_status, p.portrait_error
  `;
  return piece;
}

/** Deletes a piece. Call it when the piece is locked. Resolves to the last version of its portrait. */
export async function remove(tx: TransactionSql, piece_id: string) {
  const [row] = await tx<[{ version: number }]>`
    delete from lore_pieces where piece_id = ${piece_id} returning portrait_version as version
  `;
  return row.version;
}
