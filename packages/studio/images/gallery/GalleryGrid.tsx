import type { Image } from "@keepsake/contract/schemas";
import { defaultRangeExtractor, useWindowVirtualizer } from "@tanstack/react-virtual";
import {
  memo,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import type { Selection } from "../../datasets/useSelection.ts";
import styles from "./GalleryGrid.module.css";
import { GalleryTile } from "./GalleryTile.tsx";
import type { Row } from "./justifiedRows.ts";
import { useActiveImage } from "./useActiveImage.ts";
import { useFastScroll } from "./useFastScroll.ts";
import { useGridEvents } from "./useGridEvents.ts";
import { useJustifiedRows } from "./useJustifiedRows.ts";
import { useScrollAnchor } from "./useScrollAnchor.ts";

export type GalleryGridProps = {
  images: readonly Image[];
  /** The query of the gallery's address. */
  search: string;
  hasMore: boolean;
  /** By an image that is open: its picture is loaded before those of the grid. */
  isCovered: boolean;
  /** Called when the end of the list is near, until there are more images. */
  onNearEnd(): void;
  selection: Selection;
  isSelecting: boolean;
  hasNames: boolean;
  /** Changes to the image that the focus is to go to. */
  focusOn: RefObject<string | undefined>;
  onOpen(image_id: string): void;
  /** Called when an image cannot be loaded from its address. */
  onFail(image: Image): void;
};

/** Images by date in rows that fill the width. Only the rows near the viewport exist, and the one that has the focus. */
export function GalleryGrid(props: GalleryGridProps) {
  const { images, search, hasMore, onNearEnd, selection, isSelecting, hasNames, onFail } = props;
  const grid = useRef<HTMLDivElement>(null);
  const { rows, gap, top } = useJustifiedRows(grid, images, hasMore, search);
  const active = useActiveImage(images, props.focusOn);
  const activeRow = useMemo(() => rowIndexOf(rows, active.image_id), [rows, active.image_id]);
  const keptRow = active.isInside ? activeRow : -1;
  const isPassing = useFastScroll();

  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: (index) => rows[index]!.height + gap,
    // with another function for other rows, their sizes are taken anew
    getItemKey: useCallback((index: number) => rows[index]!.key, [rows]),
    rangeExtractor: useCallback(
      (range: Parameters<typeof defaultRangeExtractor>[0]) => {
        const shown = defaultRangeExtractor(range);
        if (keptRow < 0 || shown.includes(keptRow)) return shown;
        return [...shown, keptRow].sort((a, b) => a - b);
      },
      [keptRow],
    ),
    overscan: 3,
    scrollMargin: top,
  });
  const indexes = virtual.getVirtualItems().flatMap(({ index }) => (rows[index] ? index : []));
  const height = rows.length === 0 ? 0 : rows.at(-1)!.top + rows.at(-1)!.height;

  const scrolled = virtual.scrollOffset ?? 0;
  const rest = top + height - scrolled;
  // the first pictures do not wait for a page that scrolling alone needs
  const windowsAhead = scrolled > 0 ? 4 : 1.5;
  useEffect(() => {
    if (hasMore && rows.length > 0 && rest < windowsAhead * innerHeight) onNearEnd();
  });

  const firstShown = indexes.find((index) => rows[index]!.tiles);
  const tabbable = indexes.includes(activeRow)
    ? active.image_id
    : firstShown !== undefined && rows[firstShown]!.tiles![0]!.image.image_id;
  useScrollAnchor(rows, top);
  const events = useGridEvents({ ...props, rows, goTo: active.goTo });
  useLayoutEffect(() => {
    const wanted = props.focusOn.current;
    const cell = wanted && grid.current?.querySelector<HTMLElement>(`[data-image="${wanted}"] a`);
    if (!cell) return;
    props.focusOn.current = undefined;
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest" });
  });

  return (
    // biome-ignore lint/a11y/useSemanticElements: a table's rows could not be laid out like this
    <div
      ref={grid}
      role="grid"
      aria-label="Images"
      aria-multiselectable
      aria-rowcount={hasMore ? -1 : rows.length}
      className={styles.grid}
      style={{ height }}
      data-names={hasNames || undefined}
      data-selecting={isSelecting || undefined}
      {...events}
      onFocus={active.onFocus}
      onBlur={active.onBlur}
    >
      {indexes.map((index) => {
        const row = rows[index]!;
        const hasTabbable = row.tiles?.some(({ image }) => image.image_id === tabbable);
        return (
          <GridRow
            key={row.key}
            {...{ row, index, gap, search, isPassing, onFail }}
            selected={selectedIn(row, selection.selected)}
            tabbable={hasTabbable ? tabbable || undefined : undefined}
            isFirst={!props.isCovered && top + row.top < firstScreen}
          />
        );
      })}
    </div>
  );
}

/** In pixels: pictures down to there are loaded at once. */
const firstScreen = Math.max(600, innerHeight);

type RowProps = {
  row: Row;
  index: number;
  gap: number;
  search: string;
  /** The ids of those that are selected, joined: so a row is rendered again only when its own change. */
  selected: string;
  tabbable: string | undefined;
  isFirst: boolean;
  /** It passes too fast to be seen. */
  isPassing: boolean;
  onFail(image: Image): void;
};

const GridRow = memo(function GridRow(props: RowProps) {
  const { row, index, gap, search, selected, tabbable, isFirst, isPassing, onFail } = props;
  const { top, height, tiles, label } = row;
  const [hasPictures, setHasPictures] = useState(!isPassing);
  if (!hasPictures && !isPassing) setHasPictures(true); // and keeps them
  return (
    // biome-ignore lint/a11y/useSemanticElements: a table's rows could not be laid out like this
    // biome-ignore lint/a11y/useFocusableInteractive: its cells have the focus
    <div
      role="row"
      aria-rowindex={index + 1}
      className={tiles ? styles.row : styles.headingRow}
      style={{ top, height, gap }}
    >
      {tiles ? (
        tiles.map(({ image, width }) => (
          <GalleryTile
            key={image.image_id}
            {...{ image, width, search, isFirst, onFail }}
            isPassing={!hasPictures}
            isInTopRow={isFirst && index <= 1} // row 0 is a heading
            isSelected={selected.includes(image.image_id)}
            isTabbable={image.image_id === tabbable}
          />
        ))
      ) : (
        // biome-ignore lint/a11y/useSemanticElements: as above
        // biome-ignore lint/a11y/useFocusableInteractive: it has no action
        <div role="gridcell">
          <h3 className={styles.heading}>{label}</h3>
        </div>
      )}
    </div>
  );
});

const rowIndexOf = (rows: readonly Row[], image_id: string | undefined): number =>
  image_id === undefined
    ? -1
    : rows.findIndex(({ tiles }) => tiles?.some(({ image }) => image.image_id === image_id));

const selectedIn = ({ tiles = [] }: Row, selected: ReadonlySet<string>): string =>
  tiles.flatMap(({ image: { image_id } }) => (selected.has(image_id) ? image_id : [])).join();
