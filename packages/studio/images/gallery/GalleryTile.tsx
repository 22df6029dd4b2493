import type { Image } from "@keepsake/contract/schemas";
import { memo } from "react";
import { classes } from "../../ui/classes.ts";
import { Check, CircleSlash } from "../../ui/icons.tsx";
import { Spinner } from "../../ui/Spinner.tsx";
import { imageName, platformName } from "../imageNames.ts";
import { PlatformBadge } from "../PlatformBadge.tsx";
import styles from "./GalleryTile.module.css";
import { Lock } from "./icons.tsx";
import { averageColour } from "./placeholders.ts";
import { TilePicture } from "./TilePicture.tsx";

type Props = {
  image: Image;
  /** In pixels. */
  width: number;
  /** The query of the gallery's address, which the image's address keeps. */
  search: string;
  isSelected: boolean;
  isTabbable: boolean;
  isFirst: boolean;
  isInTopRow: boolean;
  /** It passes too fast to be seen: its picture is not loaded, and only its link is there. */
  isPassing: boolean;
  onFail(image: Image): void;
};

/** A cell of the grid: a link to the image, its checkbox, and its name and badges on demand. The grid handles its events. */
export const GalleryTile = memo(function GalleryTile(props: Props) {
  const { image, width, search, isSelected, isTabbable, isPassing } = props;
  const { isFirst, isInTopRow, onFail } = props;
  const { image_id, visibility, url, thumbhash } = image;
  const name = imageName(image);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table's rows could not be laid out like this
    // biome-ignore lint/a11y/useFocusableInteractive: its link has the focus
    <div
      role="gridcell"
      aria-selected={isSelected}
      className={classes(styles.tile, isSelected && styles.selected)}
      style={{ width, ...(isPassing && thumbhash && { background: averageColour(thumbhash) }) }}
      data-image={image_id}
    >
      <a
        className={styles.link}
        href={`/images/${image_id}${search}`}
        tabIndex={isTabbable ? 0 : -1}
        draggable={false}
        aria-label={isPassing ? image.alt || name : undefined}
      >
        {isPassing ? null : url ? (
          <TilePicture key={url} {...{ image, width, isFirst, isInTopRow, onFail }} />
        ) : (
          <Unpublished image={image} />
        )}
      </a>
      {!isPassing && (
        <>
          {/* biome-ignore lint/a11y/useSemanticElements: the keyboard has the space bar in the link */}
          <button
            type="button"
            role="checkbox"
            className={styles.check}
            aria-checked={isSelected}
            aria-label={`Select ${name}`}
            tabIndex={-1}
          >
            <span>
              <Check aria-hidden size={16} strokeWidth={3} />
            </span>
          </button>
          <span className={styles.foot}>
            <span className={styles.name} dir="auto">
              {name}
            </span>
            <span className={styles.badges}>
              <PlatformBadge platform={image.platform} />
              {visibility === "private" && (
                <span title="Private">
                  <Lock size={14} aria-hidden={undefined} aria-label="Private" role="img" />
                </span>
              )}
            </span>
          </span>
        </>
      )}
    </div>
  );
});

/** In place of a picture that is not published yet, or never will be. */
function Unpublished({ image: { platform, status, error } }: { image: Image }) {
  if (status === "pending")
    return (
      <span className={styles.state}>
        <Spinner size={22} />
        <span>Fetching it from {platformName(platform)}…</span>
      </span>
    );
  return (
    <span className={classes(styles.state, styles.bad)}>
      <CircleSlash aria-hidden size={22} />
      <span>
        <strong>Could not be added</strong>
        <span className={styles.reason}>{error}</span>
      </span>
    </span>
  );
}
