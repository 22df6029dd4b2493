import { useEffect, useState } from "react";

const attempts = 5;

/** The last source that the browser has decoded; the first one at once. */
export function useDecoded(src: string): string {
  const [shown, setShown] = useState(src);
  useEffect(() => {
    if (src === shown) return;
    let isStale = false;
    decode(src, () => isStale).then(
      () => !isStale && setShown(src),
      () => {}, // what is shown stays
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
