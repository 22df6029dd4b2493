import { useMemo, useState } from "react";
import { thumbHashToDataURL } from "thumbhash";
import { classes } from "./classes.ts";
import styles from "./Picture.module.css";
import { type PictureSource, useDecoded } from "./useDecoded.ts";

type Props = PictureSource & {
  alt: string;
  /** Base64; shown until the picture has loaded. */
  thumbhash?: string | null;
  className?: string | undefined;
  /** In the first row: it is loaded before others, without waiting for the layout. */
  isFirst?: boolean;
  /** Called when `src`, or a smaller copy of it, is visible. */
  onShown?: (src: string) => void;
};

/** A square picture that never flashes: a new `src` is decoded before it replaces the previous one. */
export function Picture({ alt, thumbhash = null, className, isFirst, onShown, ...source }: Props) {
  const { src, srcSet, sizes } = useDecoded(source);
  const placeholder = useMemo(() => thumbhash && placeholderOf(thumbhash), [thumbhash]);
  const [isLoaded, setIsLoaded] = useState(false);
  return (
    <img
      className={classes(styles.picture, className)}
      {...(srcSet && { srcSet, sizes })}
      src={src}
      alt={alt}
      loading={isFirst ? "eager" : "lazy"}
      fetchPriority={isFirst ? "high" : "auto"}
      decoding="async"
      // removed once loaded: it would show through a transparent picture
      style={placeholder && !isLoaded ? { backgroundImage: `url(${placeholder})` } : undefined}
      onLoad={() => {
        setIsLoaded(true);
        onShown?.(src);
      }}
    />
  );
}

const placeholderOf = (base64: string) =>
  thumbHashToDataURL(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
