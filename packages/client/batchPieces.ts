import { limits } from "@keepsake/contract/limits";
import type { PieceDraft } from "@keepsake/contract/schemas";

/** What the rest of the body may need: theme, title and story in UTF-8, and JSON around them. */
const reserveBytes = 4 * (limits.story_chars + limits.title_chars + limits.theme_chars) + 1_000;

/** Cuts pieces into parts that each fit one request, in order. No pieces make one empty part. */
export function splitPieces(pieces: PieceDraft[]): PieceDraft[][] {
  const parts: PieceDraft[][] = [[]];
  let room = limits.pieces_body_bytes - reserveBytes;
  for (const piece of pieces) {
    const bytes = new Blob([JSON.stringify(piece)]).size + 1;
    const part = parts.at(-1)!;
    if (part.length > 0 && (bytes > room || part.length === limits.pieces_per_request)) {
      parts.push([piece]);
      room = limits.pieces_body_bytes - reserveBytes;
    } else part.push(piece);
    room -= bytes;
  }
  return parts;
}
