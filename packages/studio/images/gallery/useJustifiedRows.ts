import type { Image } from "@keepsake/contract/schemas";
import { type RefObject, useEffect, useMemo, useRef, useState } from "react";
import { useMeasuredGrid } from "../../ui/useMeasuredGrid.ts";
import { justifiedRows, type Row } from "./justifiedRows.ts";

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
  const before = useRef({ width, search, rows: new Map<string, Row>() });

  const rows = useMemo(() => {
    if (width === 0) return [];
    const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const layout = { width, gap, headingHeight: Math.round(headingHeight * rem), today, hasMore };
    const { current: old } = before;
    const known = old.width === width && old.search === search ? old.rows : new Map();
    const rows = justifiedRows(images, layout, known);
    before.current = { width, search, rows: new Map(rows.map((row) => [row.key, row])) };
    return rows;
  }, [images, width, today, hasMore, search]);
  return { rows, gap, top };
}

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
