import { useCallback, useMemo, useSyncExternalStore } from "react";
import { useSession } from "../../session/SessionProvider.tsx";
import { editsOf, storeEdit, subscribeToEdits } from "../edits/storedEdits.ts";
import type { PieceText } from "./pieceTexts.ts";

/** A text that was generated for a piece and is neither taken nor discarded. It is stored in this browser. */
export function useProposal(world_id: string, piece_id: string) {
  const { id: owner } = useSession();
  const subject = useMemo(
    () => ({ owner, world_id, of: `${piece_id} proposal` }),
    [owner, world_id, piece_id],
  );
  const edits = useSyncExternalStore(
    subscribeToEdits,
    useCallback(() => editsOf(subject), [subject]),
  );
  const json = edits.text?.value;
  return {
    proposal: useMemo(() => (json ? (JSON.parse(json) as PieceText) : undefined), [json]),
    /** What was typed for the generator. */
    wish: edits.wish?.value ?? "",
    propose: (text: PieceText | undefined) =>
      storeEdit(subject, "text", text && { base: null, value: JSON.stringify(text) }),
    setWish: (wish: string) =>
      storeEdit(subject, "wish", wish ? { base: null, value: wish } : undefined),
  };
}
