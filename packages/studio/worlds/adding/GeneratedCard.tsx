import { CharacterText, CharacterTextSkeleton } from "../../characters/CharacterText.tsx";
import characterCard from "../../characters/characterCard.module.css";
import portrait from "../../characters/portrait.module.css";
import { Button } from "../../ui/Button.tsx";
import card from "../../ui/card.module.css";
import { classes } from "../../ui/classes.ts";
import { Bookmark, BookmarkCheck } from "../../ui/icons.tsx";
import { Picture } from "../../ui/Picture.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import text from "../../ui/text.module.css";
import type { GeneratedDraft } from "./generatedStore.ts";

type Props = {
  draft: GeneratedDraft;
  /** Shown until it has a name. */
  number: number;
  onKeep(isKept: boolean): void;
};

/** A generated character that is not in the world. */
export function GeneratedCard({ draft, number, onKeep }: Props) {
  const { character, portrait: base64, isPending, isKept } = draft;
  const name = character?.name ?? `Character ${number}`;
  return (
    <article
      className={classes(card.card, characterCard.card)}
      aria-label={name}
      aria-busy={isPending}
      data-kept={isKept}
    >
      <div className={portrait.frame}>
        {base64 ? (
          <Picture
            className={classes(portrait.fresh, portrait.face)}
            src={`data:image/png;base64,${base64}`}
            alt={`Portrait of ${name}`}
          />
        ) : isPending ? (
          <Skeleton className={portrait.skeleton} />
        ) : (
          <p className={portrait.missing}>No portrait. It can be generated once it is added.</p>
        )}
      </div>
      {character ? <CharacterText {...character} /> : <CharacterTextSkeleton />}
      <div className={characterCard.actions}>
        <Button
          size="small"
          aria-pressed={isKept}
          aria-disabled={!character}
          onClick={() => character && onKeep(!isKept)}
        >
          {isKept ? <BookmarkCheck aria-hidden size={16} /> : <Bookmark aria-hidden size={16} />}
          {isKept ? "Kept" : "Keep"}
          <span className={text.visuallyHidden}> {name}</span>
        </Button>
      </div>
    </article>
  );
}
