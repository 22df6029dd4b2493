import { type Client, KeepsakeError } from "@keepsake/client";
import type { Piece } from "@keepsake/contract/schemas";
import type { Texts } from "../edits/useEdits.ts";
import { changeDetails, detailKey } from "./pieceTexts.ts";

/** Saves the texts of a piece that changed. Details that are not among them stay as they are stored now. */
export async function sendPieceTexts(
  client: Client,
  world_id: string,
  piece_id: string,
  changed: Texts,
) {
  const { name, description } = changed;
  const hasDetails = Object.keys(changed).some((field) => detailKey(field) !== undefined);
  const stored = hasDetails && (await storedPiece(client, world_id, piece_id));
  await client.updatePiece({
    world_id,
    piece_id,
    ...(name && { name }),
    ...("description" in changed && { description: description ?? "" }),
    ...(stored && { details: changeDetails(stored.details, changed) }),
  });
}

/** A piece as it is stored now. Throws `piece.not_found` when the world no longer has it. */
export async function storedPiece(
  client: Client,
  world_id: string,
  piece_id: string,
): Promise<Piece> {
  const { world } = await client.getWorld({ world_id });
  const piece = world.pieces.find((piece) => piece.piece_id === piece_id);
  if (!piece) throw new KeepsakeError("piece.not_found", "This character was deleted");
  return piece;
}
