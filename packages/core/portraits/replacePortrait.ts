import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import { imageNotPublished, imagePrivate } from "../images/imageErrors.ts";
import { lockPublished } from "../images/images.sql.ts";
import { requireRoom } from "../owners/storageQuota.ts";
import type { Services } from "../ports.ts";
import { decodePortraitBase64 } from "./decodePortraitBase64.ts";
import { pieceNotFound } from "./pieceNotFound.ts";
import * as rows from "./portraits.sql.ts";
import { queuePortraits } from "./queuePortraits.ts";

/**
 * Makes a new version of a character's portrait, from base64 or from one of the owner's published images.
 * Readers see the old version until the new one is published. `owner.full` when the owner has stored all that
 * it may: the old version stays for a day.
 */
export async function replacePortrait(
  services: Pick<Services, "sql" | "portraitQueue" | "ownerBytes">,
  {
    owner_id,
    world_id,
    piece_id,
    image_portrait_base64: base64,
    image_id,
  }: Input<"replacePortrait"> & { owner_id: string },
): Promise<Output<"replacePortrait">> {
  if (base64 !== undefined) decodePortraitBase64(base64);
  const source: rows.PortraitSource =
    base64 === undefined ? { base64: null, image_id: image_id! } : { base64, image_id: null };

  const { version, ...piece } = await services.sql.begin(async (tx) => {
    const type = await rows.lockPiece(tx, { owner_id, world_id, piece_id }, "change");
    if (type === undefined) throw pieceNotFound();
    if (type !== "character")
      throw new AppError("piece.not_a_character", "Only a character has a portrait");
    await requireRoom(tx, services, owner_id);
    if (source.image_id !== null) {
      const published = await lockPublished(tx, owner_id, [source.image_id]);
      if (!published.has(source.image_id)) throw imageNotPublished();
      if (published.get(source.image_id) === "private") throw imagePrivate();
    }
    return rows.replacePortrait(tx, piece_id, source);
  });
  await queuePortraits(services, [{ piece_id, version }]);
  return { piece };
}
