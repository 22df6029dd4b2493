import { AppError } from "@keepsake/contract/errors";
import type { PortraitMessage } from "@keepsake/contract/messages";
import type { Piece, PieceDraft } from "@keepsake/contract/schemas";
import type { TransactionSql } from "postgres";
import { imageNotPublished, imagePrivate, worldImagePrivate } from "../images/imageErrors.ts";
import { lockPublished } from "../images/images.sql.ts";
import { newId } from "../newId.ts";
import { decodePortraitBase64 } from "../portraits/decodePortraitBase64.ts";
import type { PieceRow } from "./worlds.sql.ts";

/** The rows of a request's pieces. Throws what `decodePortraitBase64` throws, with the piece that it concerns. */
export function pieceRows(world_id: string, drafts: PieceDraft[]): PieceRow[] {
  return drafts.map(({ type, name, description, details, portrait_image_id = null }, index) => {
    const portrait = details.image_portrait_base64;
    if (typeof portrait === "string")
      withPieceContext(index, name, () => decodePortraitBase64(portrait));
    const hasPortrait = portrait !== undefined || portrait_image_id !== null;
    return {
      piece_id: newId(),
      world_id,
      type,
      name,
      description,
      details: details as PieceRow["details"],
      portrait_status: hasPortrait ? "pending" : "none",
      portrait_version: hasPortrait ? 1 : 0,
      portrait_image_id,
      queued_at: hasPortrait ? new Date().toISOString() : null,
    };
  });
}

/**
 * Locks the images that a world and its drafts name, so that they exist until the world and the portraits made of
 * them name them.
 */
export async function requirePublishedImages(
  tx: TransactionSql,
  owner_id: string,
  drafts: PieceDraft[],
  image_id: string | null = null,
) {
  const image_ids = drafts.flatMap(({ portrait_image_id }) => portrait_image_id ?? []);
  if (image_id !== null) image_ids.push(image_id);
  if (image_ids.length === 0) return;
  const published = await lockPublished(tx, owner_id, image_ids);
  if (image_id !== null) {
    if (!published.has(image_id)) throw imageNotPublished();
    if (published.get(image_id) === "private") throw worldImagePrivate();
  }
  for (const [index, { name, portrait_image_id }] of drafts.entries())
    withPieceContext(index, name, () => {
      if (portrait_image_id === undefined) return;
      if (!published.has(portrait_image_id)) throw imageNotPublished();
      if (published.get(portrait_image_id) === "private") throw imagePrivate();
    });
}

/** A row as callers see it: without base64. */
export function toPiece({ piece_id, type, name, description, details, ...row }: PieceRow): Piece {
  const { image_portrait_base64: _, ...rest } = details;
  return {
    piece_id,
    type: type as Piece["type"],
    name,
    description,
    details: rest,
    portrait_status: row.portrait_status,
    portrait_error: null,
  };
}

export function pendingPortraits(pieces: PieceRow[]): PortraitMessage[] {
  return pieces
    .filter((piece) => piece.portrait_status === "pending")
    .map(({ piece_id, portrait_version: version }) => ({ piece_id, version }));
}

/** Adds to an error which of the request's pieces it concerns. */
function withPieceContext(index: number, name: string, check: () => unknown) {
  try {
    check();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.code, `pieces[${index}] (${name}): ${error.message}`, {
      details: { piece: index, name },
      cause: error,
    });
  }
}
