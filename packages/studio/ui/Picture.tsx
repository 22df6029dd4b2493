import { useMemo, useState } from "react";
import { classes } from "./classes.ts";
import styles from "./Picture.module.css";
import { placeholderUrl } from "./placeholderUrl.ts";
import { type PictureSource, useDecodedSource } from "./useDecodedSource.ts";

type Props = PictureSource & {
  alt: string;
  /** Base64; shown until the picture is decoded. */
  thumbhash?: string | null;
  /** Width by height of the box that it fills; a square without it. What does not fit is cut off. */
  ratio?: number | undefined;
  className?: string | undefined;
  /** In the first row: it is loaded before others, without waiting for the layout. */
  isFirst?: boolean;
  /** Called when `src`, or a smaller copy of it, is visible. */
  onShown?: (src: string) => void;
  /** Called when it cannot be loaded. */
  onFailed?: () => void;
};

/** A picture that never flashes: a new `src` is decoded before it replaces the previous one. */
export function Picture({
  alt,
  thumbhash = null,
  ratio,
  className,
  isFirst,
  onShown,
  onFailed,
  ...source
}: Props) {
  const { src, srcSet, sizes } = useDecodedSource(source);
  const placeholder = useMemo(() => thumbhash && placeholderUrl(thumbhash), [thumbhash]);
  const [isDecoded, setIsDecoded] = useState(false);
  return (
    <img
      className={classes(styles.picture, className)}
      {...(srcSet && { srcSet, sizes })}
      src={src}
      alt={alt}
      loading={isFirst ? "eager" : "lazy"}
      fetchPriority={isFirst ? "high" : "auto"}
      decoding="async"
      style={{
        ...(ratio && { aspectRatio: ratio }),
        // removed once decoded, and not when loaded, which is earlier: it would show through a transparent picture
        ...(placeholder && !isDecoded && { backgroundImage: `url(${placeholder})` }),
      }}
      onLoad={({ currentTarget }) =>
        currentTarget
          .decode()
          .catch(() => {}) // another source is being loaded by now
          .then(() => {
            setIsDecoded(true);
            onShown?.(src);
          })
      }
      onError={onFailed}
    />
  );
}
