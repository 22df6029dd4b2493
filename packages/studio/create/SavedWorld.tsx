import type { Piece } from "@keepsake/contract/schemas";
import { CloudCheck, CloudUpload } from "lucide-react";
import { Link } from "wouter";
import { Button, buttonClass } from "../ui/Button.tsx";
import { pluralize } from "../ui/format.ts";
import { type Draft, isPublishing, type SavedWorld } from "./characterDraftsReducer.ts";
import { useDrafts } from "./DraftsProvider.tsx";
import styles from "./SavedWorld.module.css";

/** How many portraits of the world that was just created are on the CDN. */
export function SavedStatus({ pieceOf }: { pieceOf(draft: Draft): Piece | undefined }) {
  const { drafts } = useDrafts();
  const pending = drafts.filter((draft) => isPublishing(draft, pieceOf(draft))).length;
  const published = drafts.filter(({ portrait }) => portrait.state === "published").length;
  const isDone = pending === 0;
  return (
    <p role="status" className={styles.status} data-done={isDone}>
      {isDone ? <CloudCheck aria-hidden /> : <CloudUpload aria-hidden />}
      {isDone
        ? `${pluralize(published, "portrait")} on the CDN. This page no longer holds ${published === 1 ? "it" : "them"}.`
        : `Publishing ${pluralize(pending, "portrait")}…`}
    </p>
  );
}

export function SavedActions({ world_id }: SavedWorld) {
  const { startOver } = useDrafts();
  return (
    <>
      <Button onClick={startOver}>Start another</Button>
      <Link href={`/worlds/${world_id}`} className={buttonClass({ variant: "primary" })}>
        Open the world
      </Link>
    </>
  );
}
