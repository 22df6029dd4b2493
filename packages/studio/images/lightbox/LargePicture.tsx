import type { Image } from "@keepsake/contract/schemas";
import { type CSSProperties, type Ref, useEffect, useState } from "react";
import { Picture } from "../../ui/Picture.tsx";
import { imageName } from "../imageNames.ts";
import { dialogSource } from "../imageSource.ts";
import styles from "./LargePicture.module.css";
import type { View } from "./useZoom.ts";

type Props = {
  image: Image;
  isCurrent: boolean;
  view: View | undefined;
  onFailed(): void;
  ref?: Ref<HTMLDivElement>;
};

/**
 * As large as fits, and no larger than it is. Its copy of 960 px is loaded; the image itself once it is zoomed, and
 * at once on a screen that would show the copy more than half again as wide.
 */
export function LargePicture({ image, isCurrent, view, onFailed, ref }: Props) {
  const { url, width, height, thumbhash, alt } = image;
  const { src } = dialogSource(image);
  const isZoomed = view !== undefined && view.zoom > 1;
  const [needsOriginal, setNeedsOriginal] = useState(false);
  useEffect(() => {
    if (isZoomed || (isCurrent && innerWidth > largeWidth)) setNeedsOriginal(true); // it stays when zoomed out again
  }, [isZoomed, isCurrent]);

  return (
    <div
      ref={ref}
      className={styles.frame}
      style={
        {
          "--ratio": (width ?? 1) / (height ?? 1),
          "--width": `${width ?? 1}px`,
          "--height": `${height ?? 1}px`,
          ...(isZoomed && {
            transform: `translate(${view.x}px, ${view.y}px) scale(${view.zoom})`,
          }),
        } as CSSProperties
      }
    >
      <Picture
        src={needsOriginal ? (url ?? src) : src}
        alt={isCurrent ? alt || imageName(image) : ""}
        thumbhash={thumbhash}
        ratio={(width ?? 1) / (height ?? 1)}
        className={styles.picture}
        isFirst
        onFailed={onFailed}
      />
    </div>
  );
}

/** CSS px of a window that shows a copy of 960 px more than half again as wide. */
const largeWidth = 1_850;
