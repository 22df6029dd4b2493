import { srcset } from "@keepsake/client/srcset";
import type { Piece } from "@keepsake/contract/schemas";
import { CloudCheck, CloudUpload } from "lucide-react";
import { CharacterText, CharacterTextSkeleton } from "../characters/CharacterText.tsx";
import characterCard from "../characters/characterCard.module.css";
import portraitStyles from "../characters/portrait.module.css";
import { portraitSizes } from "../characters/portraitSizes.ts";
import { Chip } from "../ui/Chip.tsx";
import { CopyButton } from "../ui/CopyButton.tsx";
import card from "../ui/card.module.css";
import { classes } from "../ui/classes.ts";
import { Picture } from "../ui/Picture.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import text from "../ui/text.module.css";
import { type Draft, isPublishing, type Portrait } from "./characterDraftsReducer.ts";
import { DraftActions } from "./DraftActions.tsx";
import styles from "./DraftCard.module.css";
import { useDrafts } from "./DraftsProvider.tsx";

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
  const { character, portrait, kept, complaint } = draft;
  const name = character?.name ?? `Character ${number}`;
  return (
    <article
      className={classes(card.card, characterCard.card)}
      aria-label={name}
      aria-busy={portrait.state === "painting"}
      data-kept={kept && !isSaved}
    >
      <PortraitFrame draft={draft} name={name} isSaved={isSaved} piece={piece} />
      {character ? <CharacterText {...character} /> : <CharacterTextSkeleton />}
      {complaint && portrait.state !== "missing" && (
        <p className={styles.error} role="alert">
          {complaint}
        </p>
      )}
      {!isSaved && <DraftActions draft={draft} name={name} />}
      {isSaved && portrait.state === "published" && (
        <div className={characterCard.actions}>
          <CopyButton size="small" value={portrait.url} label="Copy address" of={name} />
        </div>
      )}
    </article>
  );
}

type FrameProps = Pick<Props, "draft" | "isSaved" | "piece"> & { name: string };

function PortraitFrame({ draft, name, isSaved, piece }: FrameProps) {
  const { markPublished } = useDrafts();
  const { portrait } = draft;
  if (portrait.state === "painting")
    return (
      <div className={portraitStyles.frame}>
        <Skeleton className={portraitStyles.skeleton} />
        <span className={text.visuallyHidden}>Generating the portrait</span>
      </div>
    );
  if (portrait.state === "missing")
    return (
      <div className={classes(portraitStyles.frame, portraitStyles.missing)}>
        <p>{isSaved ? "No portrait yet: add one in the world." : portrait.why}</p>
      </div>
    );
  const url = piece?.details.image_portrait as string | undefined;
  return (
    <div className={portraitStyles.frame}>
      <Picture
        className={portraitStyles.fresh}
        {...(url && piece
          ? { src: url, srcSet: srcset(piece), sizes: portraitSizes }
          : { src: sourceOf(portrait) })}
        alt={`Portrait of ${name}`}
        onShown={(src) =>
          src === url && portrait.state !== "published" && markPublished(draft, url)
        }
      />
      <PortraitChip {...{ draft, isSaved, piece }} />
    </div>
  );
}

function PortraitChip({ draft, isSaved, piece }: Omit<FrameProps, "name">) {
  const { state } = draft.portrait;
  const className = portraitStyles.chip;
  if (state === "published")
    return (
      <Chip tone="good" className={className}>
        <CloudCheck aria-hidden size={14} /> On the CDN
      </Chip>
    );
  if (!isSaved)
    return (
      state === "own" && (
        <Chip tone="accent" className={className}>
          Your image
        </Chip>
      )
    );
  if (!isPublishing(draft, piece))
    return (
      <Chip tone="bad" className={className}>
        {piece?.portrait_error}
      </Chip>
    );
  return (
    <Chip className={className}>
      <CloudUpload aria-hidden size={14} /> Publishing…
    </Chip>
  );
}

/** A data URI for a generated portrait, which is in this page only; a CDN URL for the others. */
function sourceOf(portrait: Exclude<Portrait, { state: "painting" | "missing" }>): string {
  if (portrait.state === "painted") return `data:image/png;base64,${portrait.base64}`;
  return portrait.state === "own" ? portrait.image.url! : portrait.url;
}
