import { ErrorMessage } from "../api/ErrorMessage.tsx";
import card from "../characters/characterCard.module.css";
import { pluralize } from "../ui/format.ts";
import { Page } from "../ui/Page.tsx";
import text from "../ui/text.module.css";
import { useWorld } from "../worlds/useWorlds.ts";
import styles from "./CreatePage.module.css";
import type { Draft } from "./characterDraftsReducer.ts";
import { DraftCard } from "./DraftCard.tsx";
import { useDrafts } from "./DraftsProvider.tsx";
import { GenerateForm } from "./GenerateForm.tsx";
import { SavedActions, SavedStatus } from "./SavedWorld.tsx";
import { WorldForm } from "./WorldForm.tsx";

/**
 * Generate characters, keep or repaint them, write a story, create the world. When the world is created
 * the cards stay the same elements, so that only the address of a portrait changes.
 */
export function CreatePage() {
  const { drafts, isGenerating, problem, title, saved } = useDrafts();
  const { data: world, error, refetch } = useWorld(saved?.world_id);
  const pieces = new Map(world?.pieces.map((piece) => [piece.piece_id, piece]));
  const pieceOf = ({ key }: Draft) => pieces.get(saved?.pieceIds.get(key) ?? "");

  return (
    <Page
      title={saved ? `${title.trim() || "Your world"} is created` : "Who lives in your world?"}
      lead={
        saved
          ? "Each portrait gets an address that never changes."
          : "Pick a theme and generate characters. Keep those you like: their portraits are stored for good when you create the world."
      }
      actions={saved && <SavedActions {...saved} />}
    >
      {saved ? <SavedStatus pieceOf={pieceOf} /> : <GenerateForm />}
      {problem !== undefined && <ErrorMessage error={problem} />}
      {error && <ErrorMessage error={error} onRetry={() => refetch()} />}
      {!saved && (
        <p role="status" className={isGenerating ? styles.progress : text.visuallyHidden}>
          {progressText(drafts, isGenerating)}
        </p>
      )}
      {drafts.length > 0 && (
        <section key="characters" aria-label="Characters" aria-busy={isGenerating}>
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
    </Page>
  );
}

function progressText(drafts: Draft[], isGenerating: boolean): string {
  if (drafts.length === 0) return "";
  const written = drafts.filter(({ character }) => character).length;
  if (written < drafts.length) return `Writing ${pluralize(drafts.length, "character")}…`;
  const generated = drafts.filter(({ portrait }) => portrait.state !== "painting").length;
  if (generated < drafts.length)
    return `${generated} of ${pluralize(drafts.length, "portrait")} generated…`;
  return isGenerating ? "Finishing…" : `${pluralize(drafts.length, "character")} ready`;
}
