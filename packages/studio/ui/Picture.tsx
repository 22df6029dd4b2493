import { useMemo, useState } from "react";
import { thumbHashToDataURL } from "thumbhash";
import { classes } from "./classes.ts";
import styles from "./Picture.module.css";
import { useDecoded } from "./useDecoded.ts";

type Props = {
  src: string;
  alt: string;
  /** Base64; shown until the picture has loaded. */
  thumbhash?: string | null;
  className?: string | undefined;
  /** Called when `src` is visible. */
  onShown?: (src: string) => void;
};

/** A square picture that never flashes: a new `src` is decoded before it replaces the previous one. */
export function Picture({ src, alt, thumbhash = null, className, onShown }: Props) {
  const shown = useDecoded(src);
  const placeholder = useMemo(() => thumbhash && placeholderOf(thumbhash), [thumbhash]);
  const [isLoaded, setIsLoaded] = useState(false);
  return (
    <img
      className={classes(styles.picture, className)}
      src={shown}
      alt={alt}
      loading="lazy"
      decoding="async"
      // removed once loaded: it would show through a transparent picture
      style={placeholder && !isLoaded ? { backgroundImage: `url(${placeholder})` } : undefined}
      onLoad={() => {
        setIsLoaded(true);
        onShown?.(shown);
      }}
    />
  );
}

const placeholderOf = (base64: string) =>
  thumbHashToDataURL(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
