import { useLayoutEffect, useRef } from "react";
import type { Row } from "./justifiedRows.ts";

/**
 * Keeps what is seen where it is when rows above it change: scrolls by as much as the first picture in the viewport
 * moved. `top` is how far the grid is from the top of the page.
 */
export function useScrollAnchor(rows: readonly Row[], top: number) {
  const before = useRef({ rows, top });
  useLayoutEffect(() => {
    const { rows: oldRows, top: oldTop } = before.current;
    before.current = { rows, top };
    if (rows === oldRows || scrollY <= oldTop) return; // what is new at the start is to be seen there
    const seen = oldRows.filter(
      (row) =>
        row.tiles &&
        oldTop + row.top + row.height > scrollY &&
        oldTop + row.top < scrollY + innerHeight,
    );
    for (const row of seen)
      for (const { image } of row.tiles!) {
        const now = rowOf(rows, image.image_id);
        if (!now) continue; // it is gone
        if (now.top !== row.top) scrollBy(0, now.top - row.top);
        return;
      }
  }, [rows, top]);
}

const rowOf = (rows: readonly Row[], image_id: string): Row | undefined =>
  rows.find(({ tiles }) => tiles?.some(({ image }) => image.image_id === image_id));
