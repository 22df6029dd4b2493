import type { TransactionSql } from "postgres";
import { shownDetails } from "../shownDetails.sql.ts";

/** The bytes of a world's pieces in a response, or of some of them. No portrait's base64 is read. */
export async function pieceBytes(tx: TransactionSql, world_id: string, only?: string[]) {
  const [{ bytes }] = await tx<[{ bytes: number }]>`
    select coalesce(sum(octet_length(to_json(jsonb_build_array(
             ${shownDetails(tx)}, name, description, portrait_error
           )::text)::text) + ${bytesOfOtherFields}), 0)::float8 as bytes
    from lore_pieces p
    where world_id = ${world_id} ${only ? tx`and piece_id in ${tx(only)}` : tx``}
  `;
  return bytes;
}

/** The names of a piece's fields, its id, its type and its status. */
const bytesOfOtherFields = 250;
