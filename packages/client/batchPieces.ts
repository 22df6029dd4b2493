import { limits } from "@keepsake/contract/limits";
import type { PieceDraft } from "./apiTypes.ts";

/** What the rest of the body may need: theme, title and story in UTF-8, and the JSON syntax. */
const reserveBytes = () =>
  4 * (limits.story_chars + limits.title_chars + limits.theme_chars) + 1_000;

/** Splits pieces into batches that each fit one request, in order. No pieces make one empty batch. */
export function batchPieces(pieces: PieceDraft[]): PieceDraft[][] {
  const batches: PieceDraft[][] = [[]];
  let remainingBytes = limits.pieces_body_bytes - reserveBytes();
  for (const piece of pieces) {
    const bytes = new Blob([JSON.stringify(piece)]).size + 1;
    const batch = batches.at(-1)!;
    if (
      batch.length > 0 &&
      (bytes > remainingBytes || batch.length === limits.pieces_per_request)
    ) {
      batches.push([piece]);
      remainingBytes = limits.pieces_body_bytes - reserveBytes();
    } else batch.push(piece);
    remainingBytes -= bytes;
  }
  return batches;
}
