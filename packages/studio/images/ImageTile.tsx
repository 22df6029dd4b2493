import type { Image } from "@keepsake/contract/schemas";
import { CircleSlash, LoaderCircle } from "lucide-react";
import { memo } from "react";
import { CopyButton } from "../ui/CopyButton.tsx";
import { classes } from "../ui/classes.ts";
import { Picture } from "../ui/Picture.tsx";
import styles from "./ImageTile.module.css";
import { imageName, platformName } from "./imageNames.ts";
import { imageSource } from "./imageSource.ts";
import { PlatformBadge } from "./PlatformBadge.tsx";
import tiles from "./tiles.module.css";

type Props = { image: Image; isFirst: boolean; onOpen(image: Image): void };

export const ImageTile = memo(function ImageTile({ image, isFirst, onOpen }: Props) {
  const name = imageName(image);
  return (
    <li className={styles.tile}>
      <button
        type="button"
        className={classes(tiles.button, styles.button)}
        aria-haspopup="dialog"
        onClick={() => onOpen(image)}
      >
        {image.url ? (
          <Picture
            {...imageSource(image, { vw: 45, rem: 14 })}
            alt={name}
            thumbhash={image.thumbhash}
            isFirst={isFirst}
          />
        ) : (
          <Unpublished image={image} />
        )}
      </button>
      <div className={styles.foot}>
        <PlatformBadge platform={image.platform} />
        {image.url && (
          <CopyButton
            variant="quiet"
            size="small"
            shape="icon"
            className={styles.copy}
            value={image.url}
            label="Copy address"
            of={name}
          />
        )}
      </div>
    </li>
  );
});

/** In place of a picture that is not published yet, or never will be. */
function Unpublished({ image: { platform, status, error } }: { image: Image }) {
  if (status === "pending")
    return (
      <span className={styles.state}>
        <LoaderCircle aria-hidden size={22} className={styles.spinner} />
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
