import type { Input } from "@keepsake/contract/api";
import type { PieceDraft, World } from "@keepsake/contract/schemas";
import type { Draft, DraftsState, SavedWorld } from "./characterDraftsReducer.ts";

/** The kept drafts as `createWorld` takes them. */
export function worldRequest({ drafts, theme, title, story }: DraftsState): Input<"createWorld"> {
  return {
    theme,
    ...(title.trim() && { title: title.trim() }),
    ...(story.trim() && { story: story.trim() }),
    pieces: keptOf(drafts).map(pieceDraft),
  };
}

/** Which piece each kept draft became. The API answers pieces in the order they were sent. */
export function savedWorld({ world_id, pieces }: World, { drafts }: DraftsState): SavedWorld {
  const pieceIds = keptOf(drafts).map(({ key }, index) => [key, pieces[index]!.piece_id] as const);
  return { world_id, pieceIds: new Map(pieceIds) };
}

const keptOf = (drafts: Draft[]) => drafts.filter(({ kept }) => kept);

function pieceDraft({ character, portrait }: Draft): PieceDraft {
  const { details, ...piece } = character!;
  if (portrait.state === "own")
    return { ...piece, details, portrait_image_id: portrait.image.image_id };
  if (portrait.state !== "painted") return { ...piece, details };
  return { ...piece, details: { ...details, image_portrait_base64: portrait.base64 } };
}
