import type { Image } from "@keepsake/contract/schemas";
import { type RefObject, useEffect, useMemo, useRef, useState } from "react";
import { useMeasuredGrid } from "../../ui/useMeasuredGrid.ts";
import { justifiedRows, type Placed, type Row } from "./justifiedRows.ts";

/** In pixels. */
const gap = 4;
/** In rem. */
const headingHeight = 3.25;

/** The rows of a search's images for the width of the grid, and how far its top is from the top of the page. */
export function useJustifiedRows(
  grid: RefObject<HTMLElement | null>,
  images: readonly Image[],
  hasMore: boolean,
  search: string,
): { rows: readonly Row[]; gap: number; top: number } {
  const { width, top } = useMeasuredGrid(grid);
  const today = useToday();
  const before = useRef<LaidOut>(undefined);

  const rows = useMemo(() => {
    if (width === 0) return [];
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const layout = { width, gap, headingHeight: Math.round(headingHeight * rem), today, hasMore };
    const { current: last } = before;
    const old = last?.layout.width === width && last.search === search ? last : undefined;
    const done = old && isContinuation(old, images, layout) ? old.placed : nothing;
    const changed = old && done === nothing ? old.placed.rows : [];
    const known = new Map(changed.map((row) => [row.key, row]));
    const placed = justifiedRows(images, layout, known, done);
    before.current = { layout, search, images, placed };
    return placed.rows;
  }, [images, width, today, hasMore, search]);
  return { rows, gap, top };
}

type Layout = Parameters<typeof justifiedRows>[1];
type LaidOut = { layout: Layout; search: string; images: readonly Image[]; placed: Placed };

const nothing: Placed = { rows: [], count: 0 };

/** Only the next page is new, as in nearly all renderings of a long list: its rows stay, and are not made again. */
const isContinuation = (old: LaidOut, images: readonly Image[], layout: Layout): boolean =>
  old.layout.hasMore &&
  old.layout.today === layout.today &&
  old.layout.headingHeight === layout.headingHeight &&
  old.placed.count <= images.length &&
  old.images.every((image, index) => index >= old.placed.count || image === images[index]);

/** A moment of today, also after midnight. */
function useToday(): Date {
  const [today, setToday] = useState(() => new Date());
  useEffect(() => {
    const midnight = new Date(today.getFullYear(), today.getMonth(), today.getDate() + 1);
    const timer = setTimeout(() => setToday(new Date()), midnight.getTime() - Date.now() + 1_000);
    return () => clearTimeout(timer);
  }, [today]);
  return today;
}
