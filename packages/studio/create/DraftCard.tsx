import type { Piece } from "@keepsake/contract/schemas";
import { useState } from "react";
import { CharacterText, CharacterTextSkeleton } from "../characters/CharacterText.tsx";
import characterCard from "../characters/characterCard.module.css";
import { Button } from "../ui/Button.tsx";
import { Chip } from "../ui/Chip.tsx";
import { CopyButton } from "../ui/CopyButton.tsx";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { dismissComplaint } from "./changeDrafts.ts";
import { DraftActions } from "./DraftActions.tsx";
import styles from "./DraftCard.module.css";
import { DraftPortrait } from "./DraftPortrait.tsx";
import { useDrafts } from "./DraftsProvider.tsx";
import { DraftTextEditor } from "./DraftTextEditor.tsx";
import type { Draft } from "./draftsDocument.ts";
import { PortraitVersions } from "./PortraitVersions.tsx";
import { useDroppedPortrait } from "./useDroppedPortrait.ts";

type Props = {
  draft: Draft;
  /** The draft's number, shown until the character has a name. */
  number: number;
  isSaved: boolean;
  /** The piece of the saved world, once it is loaded. */
  piece: Piece | undefined;
};

/** A character that exists in this browser only; after saving, the progress of its portrait. */
export function DraftCard({ draft, number, isSaved, piece }: Props) {
  const { drafts, published, change } = useDrafts();
  const [isEditing, setIsEditing] = useState(false);
  const { key, character, portrait, kept, complaint, theme } = draft;
  const name = character?.name.trim() || `Character ${number}`;
  const url = published.get(key);
  const { isTarget, handlers } = useDroppedPortrait(key, character !== undefined && !isSaved);
  const hasOtherThemes = drafts.some((other) => other.theme !== theme);
  return (
    <article
      className={classes(card.card, characterCard.card, styles.card)}
      aria-label={name}
      aria-busy={portrait.state === "painting"}
      data-kept={kept && !isSaved}
      {...handlers}
      data-target={isTarget}
    >
      <DraftPortrait {...{ draft, name, isSaved, piece, isTarget }} />
      {!isSaved && <PortraitVersions draft={draft} name={name} />}
      {!isSaved && theme && hasOtherThemes && (
        <Chip className={styles.theme} dir="auto">
          {theme}
        </Chip>
      )}
      {!character ? (
        <CharacterTextSkeleton />
      ) : isEditing && !isSaved ? (
        <DraftTextEditor draftKey={key} {...{ character }} onClose={() => setIsEditing(false)} />
      ) : (
        <CharacterText {...character} name={name} />
      )}
      {complaint && portrait.state !== "missing" && (
        <div className={styles.error}>
          <p role="alert">{complaint}</p>
          <Button
            variant="quiet"
            size="small"
            aria-label={`Dismiss what failed for ${name}`}
            onClick={() => change(dismissComplaint(key))}
          >
            Dismiss
          </Button>
        </div>
      )}
      {!isSaved && (
        <DraftActions
          {...{ draft, name, isEditing }}
          onEdit={() => setIsEditing((before) => !before)}
        />
      )}
      {isSaved && url && (
        <div className={characterCard.actions}>
          <CopyButton size="small" value={url} label="Copy address" of={name} />
        </div>
      )}
    </article>
  );
}
