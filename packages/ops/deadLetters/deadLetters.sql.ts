import type { Sql } from "postgres";

/** What an operator needs to know about the row that a message names. */
export type RowState = { id: string; status: string; error: string | null; requeues: number };

export function findPieces(sql: Sql, ids: string[]) {
  return sql<RowState[]>`
    select piece_id as id, portrait_status as status, portrait_error as error, requeues
    from lore_pieces where piece_id in ${sql(ids)}
  `;
}

export function findImages(sql: Sql, ids: string[]) {
  return sql<RowState[]>`
    select image_id as id, status, error, requeues from images where image_id in ${sql(ids)}
  `;
}

/** Makes failed rows pending again, which the next sweep queues. Resolves to their number. */
export async function resetFailed(sql: Sql): Promise<number> {
  const portraits = await sql`
    update lore_pieces set portrait_status = 'pending', queued_at = null, requeues = 0
    where portrait_status = 'failed' and (
      details ? 'image_portrait_base64' or portrait_image_id is not null
    )
  `;
  const images = await sql`
    update images set status = 'pending', queued_at = null, requeues = 0
    where status = 'failed' and platform <> 'web'
  `;
  return portraits.count + images.count;
}
