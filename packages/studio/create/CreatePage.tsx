import { useWorld } from "@keepsake/client/react";
import { LoadError } from "../api/LoadError.tsx";
import card from "../characters/characterCard.module.css";
import { pluralize } from "../ui/format.ts";
import { Page } from "../ui/Page.tsx";
import text from "../ui/text.module.css";
import styles from "./CreatePage.module.css";
import { DraftCard } from "./DraftCard.tsx";
import { useDrafts } from "./DraftsProvider.tsx";
import type { Draft } from "./draftsDocument.ts";
import { GenerateForm } from "./GenerateForm.tsx";
import { Notices } from "./Notices.tsx";
import { SavedActions, SavedStatus } from "./SavedWorld.tsx";
import { UndoBar } from "./UndoBar.tsx";
import { useKeptFocus } from "./useKeptFocus.ts";
import { WorldForm } from "./WorldForm.tsx";

/**
 * Generate characters, keep or repaint them, write a story, create the world. When the world is created
 * the cards stay the same elements, so that only the address of a portrait changes.
 */
export function CreatePage() {
  const state = useDrafts();
  const { generation, isElsewhere, saved } = state;
  const drafts = saved?.drafts ?? state.drafts;
  const { world, error, refresh } = useWorld(saved?.world_id);
  useKeptFocus();
  const pieces = new Map(world?.pieces.map((piece) => [piece.piece_id, piece]));
  const pieceOf = ({ key }: Draft) => pieces.get(saved?.pieceIds.get(key) ?? "");

  return (
    <Page
      title={
        saved ? `${saved.title.trim() || "Your world"} is created` : "Who lives in your world?"
      }
      lead={
        saved
          ? "Each portrait gets an address that never changes."
          : "Pick a theme and generate characters. Keep those you like: their portraits are stored for good when you create the world."
      }
      actions={saved && <SavedActions {...saved} />}
    >
      {saved ? <SavedStatus drafts={drafts} pieceOf={pieceOf} /> : <GenerateForm />}
      {!saved && <Notices />}
      {error && <LoadError error={error} onRetry={refresh} isShown={world !== undefined} />}
      {!saved && (
        <p role="status" className={generation ? styles.progress : text.visuallyHidden}>
          {progressText(state) + (isElsewhere ? " It runs in another tab." : "")}
        </p>
      )}
      {drafts.length > 0 && (
        <section
          key="characters"
          aria-label="Characters"
          aria-busy={generation !== undefined}
          tabIndex={-1}
        >
          <ul className={card.cards}>
            {drafts.map((draft, index) => (
              <li key={draft.key}>
                <DraftCard
                  draft={draft}
                  number={index + 1}
                  isSaved={saved !== undefined}
                  piece={pieceOf(draft)}
                />
              </li>
            ))}
          </ul>
        </section>
      )}
      {!saved && drafts.length > 0 && <WorldForm />}
      {!saved && <UndoBar />}
    </Page>
  );
}

function progressText({ drafts, generation }: ReturnType<typeof useDrafts>): string {
  if (drafts.length === 0) return "";
  const leaving = generation?.hasArrived === false ? generation.replaced : [];
  const counted = drafts.filter(({ key, kept }) => kept || !leaving.includes(key));
  const written = counted.filter(({ character }) => character).length;
  const earlier = leaving.length > 0 ? " The earlier ones stay until the new ones arrive." : "";
  if (written < counted.length)
    return `Writing ${pluralize(counted.length, "character")}…${earlier}`;
  const generated = counted.filter(({ portrait }) => portrait.state !== "painting").length;
  if (generated < counted.length)
    return `${generated} of ${pluralize(counted.length, "portrait")} generated…`;
  return generation ? "Finishing…" : `${pluralize(counted.length, "character")} ready`;
}
