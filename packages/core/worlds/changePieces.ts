import type { Input, Output } from "@keepsake/contract/api";
import * as erasures from "../erasures/erasures.ts";
import { endExportsOfEverything } from "../images/endExports.ts";
import { portraitObjectsToErase } from "../images/portraitObjectsToErase.ts";
import { pieceNotFound } from "../portraits/pieceNotFound.ts";
import { lockPiece } from "../portraits/portraits.sql.ts";
import type { Services } from "../ports.ts";
import * as rows from "./changePieces.sql.ts";
import { changingReadably } from "./worldSize.ts";
import { lock } from "./worlds.sql.ts";

type Owned = { owner_id: string };

/**
 * Changes the text of a piece. Fields that are undefined stay, and so does its portrait, pending or published.
 * `world.full` when the world would have more text than one may have.
 */
export async function updatePiece(
  { sql }: Pick<Services, "sql">,
  { name, description, details, ...ids }: Input<"updatePiece"> & Owned,
): Promise<Output<"updatePiece">> {
  return sql.begin(async (tx) => {
    // two changes at the same time could each fit alone
    if (!(await lock(tx, ids.owner_id, ids.world_id))) throw pieceNotFound();
    const change = () => rows.update(tx, ids, { name, description, details });
    const piece = await changingReadably(tx, ids, change);
    if (!piece) throw pieceNotFound();
    return { piece };
  });
}

/**
 * Deletes a piece with every version of its portrait: readers no longer see it, and the sweep removes the objects. A
 * repeated request gets the same erasure.
 */
export async function deletePiece(
  { sql }: Pick<Services, "sql">,
  { owner_id, world_id, piece_id }: Input<"deletePiece"> & Owned,
): Promise<Output<"deletePiece">> {
  return sql.begin(async (tx) => {
    const subject = `piece:${piece_id}` as const;
    const type = await lockPiece(tx, { owner_id, world_id, piece_id }, "delete");
    if (type === undefined) {
      const erasure = await erasures.repeated(tx, owner_id, subject);
      if (!erasure) throw pieceNotFound();
      return { erasure };
    }
    const version = await rows.remove(tx, piece_id);
    const objects = portraitObjectsToErase({ world_id, piece_id, version });
    const zips = await endExportsOfEverything(tx, owner_id);
    return { erasure: await erasures.start(tx, owner_id, [...objects, ...zips], subject) };
  });
}
