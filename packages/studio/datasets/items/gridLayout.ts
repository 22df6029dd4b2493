/** Where the cards of a grid are: all of one size, in rows. In pixels. */
export type GridLayout = {
  columns: number;
  cardWidth: number;
  cardHeight: number;
  gap: number;
};

/** In rem. */
const card = { minWidth: 21, height: 9.25, gap: 0.75 };

export function gridLayout(width: number, rem: number): GridLayout {
  const gap = card.gap * rem;
  const columns = Math.max(1, Math.floor((width + gap) / (card.minWidth * rem + gap)));
  return {
    columns,
    cardWidth: (width - gap * (columns - 1)) / columns,
    cardHeight: card.height * rem,
    gap,
  };
}

/** Relative to the grid's top left corner. */
export const positionOf = (index: number, { columns, cardWidth, cardHeight, gap }: GridLayout) => ({
  left: (index % columns) * (cardWidth + gap),
  top: Math.floor(index / columns) * (cardHeight + gap),
});

/** Before which item, of `count`, something is dropped at a point of the grid. */
export function dropIndexAt(
  { x, y }: { x: number; y: number },
  count: number,
  { columns, cardWidth, cardHeight, gap }: GridLayout,
): number {
  const row = Math.max(0, Math.floor((y + gap / 2) / (cardHeight + gap)));
  const rowStart = Math.min(row * columns, count);
  if (columns === 1) return Math.min(count, Math.max(0, Math.round(y / (cardHeight + gap))));
  const column = Math.min(columns, Math.max(0, Math.round(x / (cardWidth + gap))));
  return Math.min(count, rowStart + column);
}

/** Which item an arrow or another key leads to; undefined when the key moves nothing. */
export function indexAfterKey(
  key: string,
  index: number,
  count: number,
  columns: number,
): number | undefined {
  const steps: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
    PageUp: -columns * 4,
    PageDown: columns * 4,
    Home: -count,
    End: count,
  };
  const step = steps[key];
  if (step === undefined) return undefined;
  const target = index + step;
  const isVertical = key === "ArrowUp" || key === "ArrowDown";
  if (isVertical && columns > 1 && (target < 0 || target >= count)) return index;
  return Math.max(0, Math.min(count - 1, target));
}
