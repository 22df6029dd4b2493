import { useMemo, useState } from "react";
import { thumbHashToDataURL } from "thumbhash";
import { useDecoded } from "./useDecoded.ts";

type Props = {
  src: string;
  alt: string;
  /** Base64; shown until the picture is there. */
  thumbhash?: string | null;
  className?: string;
  /** Told when `src` is what can be seen. */
  onShown?: (src: string) => void;
};

/** A picture that never flashes: another `src` is decoded before it takes the place of the first. */
export function Picture({ src, alt, thumbhash = null, className = "", onShown }: Props) {
  const shown = useDecoded(src);
  const placeholder = useMemo(() => thumbhash && placeholderOf(thumbhash), [thumbhash]);
  const [isLoaded, setIsLoaded] = useState(false);
  return (
    <img
      className={`picture ${className}`}
      src={shown}
      alt={alt}
      loading="lazy"
      decoding="async"
      // a picture that can be seen through has nothing behind it
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
