import type { Piece } from "@keepsake/contract/schemas";
import { CloudCheck, CloudUpload } from "lucide-react";
import { CharacterText } from "../characters/CharacterText.tsx";
import { CopyButton } from "../ui/CopyButton.tsx";
import { Picture } from "../ui/Picture.tsx";
import { DraftActions } from "./DraftActions.tsx";
import { useDrafts } from "./DraftsProvider.tsx";
import type { Draft, Portrait } from "./draftsReducer.ts";

type Props = {
  draft: Draft;
  /** Its name until it has one. */
  number: number;
  isSaved: boolean;
  /** What it became in the world, once that is known. */
  piece: Piece | undefined;
};

/** A character that is nowhere but here, and then on its way into a world. */
export function DraftCard({ draft, number, isSaved, piece }: Props) {
  const { character, portrait, kept, complaint } = draft;
  const name = character?.name ?? `Character ${number}`;
  return (
    <article
      className="character card"
      aria-label={name}
      aria-busy={portrait.state === "painting"}
      data-kept={kept && !isSaved}
    >
      <PortraitFrame draft={draft} name={name} isSaved={isSaved} piece={piece} />
      {character ? <CharacterText {...character} /> : <TextSkeleton />}
      {complaint && portrait.state !== "missing" && (
        <p className="character-complaint" role="alert">
          {complaint}
        </p>
      )}
      {!isSaved && <DraftActions draft={draft} name={name} />}
      {isSaved && portrait.state === "published" && (
        <div className="character-actions">
          <CopyButton className="button small" text={portrait.url} label="Copy address" of={name} />
        </div>
      )}
    </article>
  );
}

/** Whether a portrait has still to be seen on the CDN. */
export const isComing = ({ portrait }: Draft, piece: Piece | undefined) =>
  (portrait.state === "painted" || portrait.state === "own") &&
  (!piece || ["pending", "published"].includes(piece.portrait_status));

type FrameProps = Pick<Props, "draft" | "isSaved" | "piece"> & { name: string };

function PortraitFrame({ draft, name, isSaved, piece }: FrameProps) {
  const { arrive } = useDrafts();
  const { portrait } = draft;
  if (portrait.state === "painting")
    return (
      <div className="portrait-frame">
        <span className="skeleton portrait-skeleton" />
        <span className="visually-hidden">The portrait is being painted</span>
      </div>
    );
  if (portrait.state === "missing")
    return (
      <div className="portrait-frame portrait-missing">
        <p>{isSaved ? "No portrait yet: add one in the world." : portrait.why}</p>
      </div>
    );
  const url = piece?.details.image_portrait as string | undefined;
  return (
    <div className="portrait-frame">
      <Picture
        className="portrait-in"
        src={url ?? sourceOf(portrait)}
        alt={`Portrait of ${name}`}
        onShown={(src) => src === url && portrait.state !== "published" && arrive(draft, url)}
      />
      <PortraitChip {...{ draft, isSaved, piece }} />
    </div>
  );
}

function PortraitChip({ draft, isSaved, piece }: Omit<FrameProps, "name">) {
  const { state } = draft.portrait;
  if (state === "published")
    return (
      <span className="chip good portrait-chip">
        <CloudCheck aria-hidden size={14} /> On the CDN
      </span>
    );
  if (!isSaved)
    return state === "own" && <span className="chip accent portrait-chip">Your image</span>;
  if (!isComing(draft, piece))
    return <span className="chip bad portrait-chip">{piece?.portrait_error}</span>;
  return (
    <span className="chip portrait-chip">
      <CloudUpload aria-hidden size={14} /> Moving…
    </span>
  );
}

/** A painted portrait is in this page only; the others are on the CDN already. */
function sourceOf(portrait: Exclude<Portrait, { state: "painting" | "missing" }>): string {
  if (portrait.state === "painted") return `data:image/png;base64,${portrait.base64}`;
  return portrait.state === "own" ? portrait.image.url! : portrait.url;
}

function TextSkeleton() {
  return (
    <div className="character-text" aria-hidden>
      <span className="skeleton skeleton-name" />
      <span className="skeleton skeleton-line" />
      <span className="skeleton skeleton-line" />
      <span className="skeleton skeleton-line short" />
    </div>
  );
}
