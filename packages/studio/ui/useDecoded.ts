import { useEffect, useState } from "react";

const attempts = 5;

/**
 * The latest source that the browser has decoded; the first one is returned at once. Decoding is tried
 * five times within 15 seconds; when all fail, the previous source stays.
 */
export function useDecoded(src: string): string {
  const [shown, setShown] = useState(src);
  useEffect(() => {
    if (src === shown) return;
    let isStale = false;
    decode(src, () => isStale).then(
      () => !isStale && setShown(src),
      () => {}, // the previous source stays
    );
    return () => {
      isStale = true;
    };
  }, [src, shown]);
  return shown;
}

async function decode(src: string, isStale: () => boolean) {
  for (let attempt = 1; ; attempt += 1) {
    const image = new Image();
    image.src = src;
    try {
      return await image.decode();
    } catch (error) {
      if (attempt === attempts || isStale()) throw error;
      await new Promise((resume) => setTimeout(resume, 500 * 2 ** attempt));
    }
  }
}
