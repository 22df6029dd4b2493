import type { Piece } from "@keepsake/contract/schemas";
import { CloudCheck, CloudUpload } from "lucide-react";
import { Link } from "wouter";
import { plural } from "../api/errorText.ts";
import { isComing } from "./DraftCard.tsx";
import { useDrafts } from "./DraftsProvider.tsx";
import type { Draft, Saved } from "./draftsReducer.ts";

/** How many portraits of the world that was just created are on the CDN. */
export function SavedStatus({ pieceOf }: { pieceOf(draft: Draft): Piece | undefined }) {
  const { drafts } = useDrafts();
  const moving = drafts.filter((draft) => isComing(draft, pieceOf(draft))).length;
  const arrived = drafts.filter(({ portrait }) => portrait.state === "published").length;
  const isDone = moving === 0;
  return (
    <p role="status" className="saved-status" data-done={isDone}>
      {isDone ? <CloudCheck aria-hidden /> : <CloudUpload aria-hidden />}
      {isDone
        ? `${plural(arrived, "portrait")} on the CDN: this page no longer holds ${arrived === 1 ? "it" : "them"}`
        : `${plural(moving, "portrait")} on the way to the CDN…`}
    </p>
  );
}

export function SavedActions({ world_id }: Saved) {
  const { startOver } = useDrafts();
  return (
    <>
      <button type="button" className="button" onClick={startOver}>
        Start another
      </button>
      <Link href={`/worlds/${world_id}`} className="button primary">
        Open the world
      </Link>
    </>
  );
}
