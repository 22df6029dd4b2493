import { srcSet } from "@keepsake/client";
import type { Piece } from "@keepsake/contract/schemas";
import styles from "../../characters/portrait.module.css";
import { portraitSizes } from "../../characters/portraitSizes.ts";
import { Chip } from "../../ui/Chip.tsx";
import { Picture } from "../../ui/Picture.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import { Spinner } from "../../ui/Spinner.tsx";

type Props = { piece: Piece; url: string | undefined; isGenerating: boolean };

/** The published portrait stays visible until its replacement is published. */
export function PiecePortrait({ piece, url, isGenerating }: Props) {
  const { name, portrait_status, portrait_error } = piece;
  const isPending = isGenerating || portrait_status === "pending";
  return (
    <div className={styles.frame} aria-busy={isPending}>
      {url ? (
        <Picture
          className={styles.face}
          src={url}
          srcSet={srcSet(piece)}
          sizes={portraitSizes}
          alt={`Portrait of ${name}`}
        />
      ) : isPending ? (
        <Skeleton className={styles.skeleton} />
      ) : (
        <p className={styles.missing}>{portrait_error ?? "No portrait yet"}</p>
      )}
      {isPending && (
        <Chip role="status" className={styles.chip}>
          <Spinner size={14} />
          {isGenerating ? "Generating a portrait…" : "Saving the portrait…"}
        </Chip>
      )}
      {url && !isPending && portrait_error && (
        <Chip tone="bad" className={styles.chip}>
          {portrait_error}
        </Chip>
      )}
    </div>
  );
}
