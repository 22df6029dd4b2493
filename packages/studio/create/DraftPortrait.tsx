import { srcSet } from "@keepsake/client";
import type { Piece } from "@keepsake/contract/schemas";
import { useEffect } from "react";
import portraitStyles from "../characters/portrait.module.css";
import { portraitSizes } from "../characters/portraitSizes.ts";
import { useUploads } from "../images/UploadsProvider.tsx";
import { Chip } from "../ui/Chip.tsx";
import { classes } from "../ui/classes.ts";
import { CloudCheck, CloudUpload, ImageUp } from "../ui/icons.tsx";
import { Picture } from "../ui/Picture.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { Spinner } from "../ui/Spinner.tsx";
import text from "../ui/text.module.css";
import styles from "./DraftPortrait.module.css";
import { useDrafts } from "./DraftsProvider.tsx";
import { type Draft, isPublishing, type SettledPortrait, settled } from "./draftsDocument.ts";
import { portraitPlace } from "./useDroppedPortrait.ts";

type Props = {
  draft: Draft;
  name: string;
  isSaved: boolean;
  piece: Piece | undefined;
  isTarget: boolean;
};

/** A square: the portrait, the previous one while another is generated, or why there is none. */
export function DraftPortrait({ draft, name, isSaved, piece, isTarget }: Props) {
  const { published, markPublished } = useDrafts();
  const { portrait } = draft;
  const shown = settled(portrait);
  const source = useSource(shown);
  const url = piece?.details.image_portrait as string | undefined;
  const isPainting = portrait.state === "painting";
  return (
    <div className={classes(portraitStyles.frame, styles.frame)}>
      {shown?.state === "missing" ? (
        <div className={classes(portraitStyles.missing, styles.missing)}>
          <p>{isSaved ? "No portrait yet: add one in the world." : shown.why}</p>
        </div>
      ) : (url ?? source) ? (
        <Picture
          className={classes(portraitStyles.fresh, isPainting && styles.previous)}
          {...(url && piece
            ? { src: url, srcSet: srcSet(piece), sizes: portraitSizes }
            : { src: source! })}
          alt={`Portrait of ${name}`}
          onShown={(src) => src === url && !published.has(draft.key) && markPublished(draft, url)}
        />
      ) : (
        <Skeleton className={portraitStyles.skeleton} />
      )}
      {isPainting && !shown && <span className={text.visuallyHidden}>Generating the portrait</span>}
      {isTarget ? (
        <Chip tone="accent" className={portraitStyles.chip}>
          <ImageUp aria-hidden size={14} /> Drop to use as the portrait
        </Chip>
      ) : (
        <PortraitChip {...{ draft, isSaved, piece }} />
      )}
    </div>
  );
}

function PortraitChip({ draft, isSaved, piece }: Omit<Props, "name" | "isTarget">) {
  const { published } = useDrafts();
  const { filesFor } = useUploads();
  const { portrait, key } = draft;
  const className = portraitStyles.chip;
  if (published.has(key))
    return (
      <Chip tone="good" className={className}>
        <CloudCheck aria-hidden size={14} /> Saved
      </Chip>
    );
  if (isSaved && isPublishing(draft, piece))
    return (
      <Chip className={className}>
        <CloudUpload aria-hidden size={14} /> Publishing…
      </Chip>
    );
  if (isSaved)
    return piece?.portrait_error ? (
      <Chip tone="bad" className={className}>
        {piece.portrait_error}
      </Chip>
    ) : null;
  const upload = filesFor(portraitPlace(key)).at(-1);
  if (upload)
    return (
      <Chip role="status" tone={upload.error ? "bad" : undefined} className={className}>
        {upload.error ? "Upload failed: see Images" : "Uploading your image…"}
      </Chip>
    );
  if (portrait.state === "painting" && portrait.previous)
    return (
      <Chip className={className}>
        <Spinner size={14} /> Repainting…
      </Chip>
    );
  if (portrait.state !== "own") return null;
  return (
    <Chip tone="accent" className={className}>
      Your image
    </Chip>
  );
}

/** A data URI for a generated portrait, which is in this browser only, once it is loaded; a CDN URL for one's own. */
function useSource(portrait: SettledPortrait | undefined): string | undefined {
  const { portraits, loadPortrait } = useDrafts();
  const portrait_id = portrait?.state === "painted" ? portrait.portrait_id : undefined;
  useEffect(() => {
    if (portrait_id) loadPortrait(portrait_id);
  }, [portrait_id, loadPortrait]);
  if (portrait?.state === "own") return portrait.image.url ?? undefined;
  const base64 = portrait_id && portraits.get(portrait_id);
  return base64 ? `data:image/png;base64,${base64}` : undefined;
}
