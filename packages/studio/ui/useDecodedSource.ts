import { useEffect, useState } from "react";

const attempts = 5;

/** A picture's address, with its smaller copies and how wide it is shown. */
export type PictureSource = {
  src: string;
  srcSet?: string | undefined;
  sizes?: string | undefined;
};

/**
 * The latest source that the browser has decoded; the first one is returned at once. Decoding is tried
 * five times within 15 seconds; when all fail, the previous source stays.
 */
export function useDecodedSource(source: PictureSource): PictureSource {
  const [shown, setShown] = useState(source);
  const { src, srcSet, sizes } = source;
  useEffect(() => {
    if (src === shown.src) return;
    let isStale = false;
    const next = { src, srcSet, sizes };
    decode(next, () => isStale).then(
      () => !isStale && setShown(next),
      () => {}, // the previous source stays
    );
    return () => {
      isStale = true;
    };
  }, [src, srcSet, sizes, shown]);
  return shown;
}

async function decode({ src, srcSet = "", sizes = "" }: PictureSource, isStale: () => boolean) {
  for (let attempt = 1; ; attempt += 1) {
    const image = new Image();
    Object.assign(image, { sizes, srcset: srcSet, src }); // in this order the copy is chosen once
    try {
      return await image.decode();
    } catch (error) {
      if (attempt === attempts || isStale()) throw error;
      await new Promise((resume) => setTimeout(resume, 500 * 2 ** attempt));
    }
  }
}
