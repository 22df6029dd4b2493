import type { Piece } from "@keepsake/contract/schemas";
import { Link } from "wouter";
import { Button, buttonClass } from "../ui/Button.tsx";
import { pluralize } from "../ui/format.ts";
import { CloudCheck, CloudUpload } from "../ui/icons.tsx";
import type { SavedWorld } from "./createWorldOnce.ts";
import { useDrafts } from "./DraftsProvider.tsx";
import { type Draft, isPublishing } from "./draftsDocument.ts";
import styles from "./SavedWorld.module.css";

type Props = { drafts: Draft[]; pieceOf(draft: Draft): Piece | undefined };

/** How many portraits of the world that was just created are saved at their permanent addresses. */
export function SavedStatus({ drafts, pieceOf }: Props) {
  const { published } = useDrafts();
  const pending = drafts.filter(
    (draft) => !published.has(draft.key) && isPublishing(draft, pieceOf(draft)),
  ).length;
  const isDone = pending === 0;
  const count = published.size;
  return (
    <p role="status" className={styles.status} data-done={isDone}>
      {isDone ? <CloudCheck aria-hidden /> : <CloudUpload aria-hidden />}
      {isDone
        ? `${pluralize(count, "portrait")} saved`
        : `Saving ${pluralize(pending, "portrait")}…`}
    </p>
  );
}

export function SavedActions({ world_id }: Pick<SavedWorld, "world_id">) {
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
