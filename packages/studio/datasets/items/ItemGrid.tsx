import type { DatasetItem } from "@keepsake/contract/api/datasets";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useLayoutEffect, useMemo, useRef } from "react";
import { useMeasuredGrid } from "../../ui/useMeasuredGrid.ts";
import { useCaptionStore } from "../captions/useCaptions.ts";
import type { Selection } from "../useSelection.ts";
import { idOf } from "./applyChange.ts";
import type { CardEvents, GridActions } from "./gridActions.ts";
import { gridLayout, positionOf } from "./gridLayout.ts";
import { ItemCard } from "./ItemCard.tsx";
import styles from "./ItemGrid.module.css";
import { useDropTarget } from "./useDragging.ts";
import type { GridFocus } from "./useGridFocus.ts";
import { useGridKeys } from "./useGridKeys.ts";

type Props = {
  dataset_id: string;
  items: DatasetItem[];
  /** False while more items are being loaded: they cannot be changed yet, except for their captions. */
  isComplete: boolean;
  selection: Selection;
  focus: GridFocus;
  /** The images that a warning means. */
  warned: ReadonlySet<string>;
  actions: GridActions;
};

/** The items of a dataset in their order. Only the cards near the viewport exist, and the one that has the focus. */
export function ItemGrid(props: Props) {
  const { dataset_id, items, isComplete, selection, focus, warned, actions } = props;
  const grid = useRef<HTMLDivElement>(null);
  const indicator = useRef<HTMLDivElement>(null);
  const captions = useCaptionStore(dataset_id);
  const { layout, top } = useMeasures(grid);
  const { columns, cardWidth, cardHeight, gap } = layout;
  const rows = useWindowVirtualizer({
    count: Math.ceil(items.length / columns),
    estimateSize: () => cardHeight + gap,
    overscan: 3,
    scrollMargin: top,
  });
  useLayoutEffect(() => rows.measure(), [rows, cardHeight]);

  const active = items.findIndex((item) => idOf(item) === focus.active);
  const shown = new Set(
    rows.getVirtualItems().flatMap(({ index }) => range(index * columns, columns)),
  );
  if (focus.isInside && active >= 0) shown.add(active); // it has the focus, and what is being typed
  const indexes = [...shown].filter((index) => index < items.length).sort((a, b) => a - b);
  const tabbable = shown.has(active) ? active : indexes[0];

  useDropTarget({ grid, indicator, layout, count: items.length, onDrop: actions.moveTo });
  const events = useCardEvents(props);
  const keys = useGridKeys({ items, columns, isComplete, selection, focus, actions });
  useLayoutEffect(() => {
    const wanted = focus.actions.takeRequest();
    const cell = wanted && grid.current?.querySelector<HTMLElement>(`[data-image="${wanted}"]`);
    if (!cell) return;
    cell.scrollIntoView({ block: "nearest" });
    if (focus.editing !== wanted) cell.focus({ preventScroll: true });
  });

  return (
    // biome-ignore lint/a11y/useSemanticElements: a table's rows could not be laid out like this
    <div
      ref={grid}
      role="grid"
      aria-label="Images of the dataset"
      aria-multiselectable
      aria-rowcount={items.length}
      className={styles.grid}
      style={{ height: Math.max(0, rows.options.count * (cardHeight + gap) - gap) }}
      {...keys}
    >
      {indexes.map((index) => {
        const item = items[index]!;
        const image_id = idOf(item);
        const isSelected = selection.selected.has(image_id);
        return (
          <ItemCard
            key={image_id}
            {...{ item, index, captions, isSelected }}
            {...positionOf(index, layout)}
            width={cardWidth}
            height={cardHeight}
            events={events}
            isTabbable={index === tabbable}
            isEditing={focus.editing === image_id}
            canChange={isComplete}
            dragged={isSelected ? selection.selected.size : 1}
            isWarned={warned.has(image_id)}
          />
        );
      })}
      <div ref={indicator} hidden className={styles.indicator} role="presentation" />
    </div>
  );
}

/** One object for all renderings, so that only cards that change are rendered again. */
function useCardEvents(props: Props): CardEvents {
  const latest = useRef(props);
  latest.current = props;
  return useMemo(
    () => ({
      select(image_id, isRange) {
        const { selection, focus } = latest.current;
        if (isRange) selection.selectTo(image_id);
        else selection.toggle(image_id);
        focus.actions.goTo(image_id);
      },
      edit: (image_id) => latest.current.focus.actions.edit(image_id),
      finishEditing(image_id, step) {
        const { items, focus } = latest.current;
        const next = items[items.findIndex((item) => idOf(item) === image_id) + step];
        if (step !== 0 && next) focus.actions.edit(idOf(next));
        else focus.actions.goTo(image_id);
      },
      stopEditing(image_id) {
        const { focus } = latest.current;
        if (focus.editing === image_id) focus.actions.stopEditing();
      },
      hasNext(image_id, step) {
        const { items } = latest.current;
        return items[items.findIndex((item) => idOf(item) === image_id) + step] !== undefined;
      },
      startDrag: (image_id) => latest.current.focus.actions.arriveAt(image_id),
      remove: (image_id) => latest.current.actions.remove([image_id]),
      chooseControl: (image_id) => latest.current.actions.chooseControl(image_id),
    }),
    [],
  );
}

/** The layout for the grid's width, and how far its top is from the top of the page. */
function useMeasures(grid: RefObject<HTMLElement | null>) {
  const { width, top } = useMeasuredGrid(grid);
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return { layout: useMemo(() => gridLayout(width, rem), [width, rem]), top };
}

const range = (start: number, count: number) =>
  Array.from({ length: count }, (_, index) => start + index);
