import {
  draggable,
  dropTargetForElements,
  monitorForElements,
} from "@atlaskit/pragmatic-drag-and-drop/element/adapter";
import { type RefObject, useEffect, useRef } from "react";
import { dropIndexAt, type GridLayout, positionOf } from "./gridLayout.ts";

type Options = {
  grid: RefObject<HTMLElement | null>;
  /** Shows where the dragged items would go; moved by its style, without rendering. */
  indicator: RefObject<HTMLElement | null>;
  layout: GridLayout;
  count: number;
  /** Called with the dragged item and the index before which it was dropped. */
  onDrop(image_id: string, index: number): void;
};

/** Makes the grid take items that are dragged within it. */
export function useDropTarget(options: Options) {
  const latest = useRef(options);
  latest.current = options;
  const { grid } = options;
  useEffect(() => {
    const element = grid.current;
    if (!element) return;
    const indexAt = ({ clientX, clientY }: { clientX: number; clientY: number }) => {
      const { left, top } = element.getBoundingClientRect();
      const { count, layout } = latest.current;
      return dropIndexAt({ x: clientX - left, y: clientY - top }, count, layout);
    };
    const hideIndicator = () => {
      const { current } = latest.current.indicator;
      if (current) current.hidden = true;
    };
    return dropTargetForElements({
      element,
      canDrop: ({ source }) => source.data.type === "item",
      onDrag: ({ location }) => showIndicator(latest.current, indexAt(location.current.input)),
      onDragLeave: hideIndicator,
      onDrop({ source, location }) {
        hideIndicator();
        latest.current.onDrop(String(source.data.image_id), indexAt(location.current.input));
      },
    });
  }, [grid]);
  useEffect(scrollWhileDragging, []);
}

/** Scrolls the page while an item is dragged near the top or the bottom of the window. Returns how to stop that. */
function scrollWhileDragging(): () => void {
  let pointerY = 0;
  let frame = 0;
  const scroll = () => {
    const speed = scrollSpeed(pointerY);
    if (speed !== 0) scrollBy(0, speed);
    frame = requestAnimationFrame(scroll);
  };
  const stop = () => cancelAnimationFrame(frame);
  const stopMonitoring = monitorForElements({
    canMonitor: ({ source }) => source.data.type === "item",
    onDragStart({ location }) {
      pointerY = location.current.input.clientY;
      frame = requestAnimationFrame(scroll);
    },
    onDrag({ location }) {
      pointerY = location.current.input.clientY;
    },
    onDrop: stop,
  });
  return () => {
    stop();
    stopMonitoring();
  };
}

/** Makes a card draggable. `dragged` is how many items move with it. */
export function useDraggable(
  card: RefObject<HTMLElement | null>,
  image_id: string,
  options: { isEnabled: boolean; dragged: number; onStart(image_id: string): void },
) {
  const latest = useRef(options);
  latest.current = options;
  const { isEnabled } = options;
  useEffect(() => {
    const element = card.current;
    if (!element || !isEnabled) return;
    return draggable({
      element,
      getInitialData: () => ({ type: "item", image_id }),
      onGenerateDragPreview: () => {
        // the browser takes a picture of the card after this
        const { dragged } = latest.current;
        if (dragged > 1) element.dataset.dragged = `${dragged} images`;
      },
      onDragStart: () => {
        delete element.dataset.dragged;
        element.dataset.dragging = "";
        latest.current.onStart(image_id);
      },
      onDrop: () => delete element.dataset.dragging,
    });
  }, [card, image_id, isEnabled]);
}

function showIndicator({ indicator, layout, count }: Options, index: number) {
  const element = indicator.current;
  if (!element) return;
  // after the last item of a full row, it is shown at that row's end
  const isAtRowEnd = index > 0 && index === count && index % layout.columns === 0;
  const { left, top } = positionOf(isAtRowEnd ? index - 1 : index, layout);
  const isLine = layout.columns === 1;
  const x = isLine ? 0 : left + (isAtRowEnd ? layout.cardWidth + layout.gap : 0) - layout.gap / 2;
  const y = isLine ? top + (isAtRowEnd ? layout.cardHeight + layout.gap : 0) - layout.gap / 2 : top;
  element.dataset.shape = isLine ? "line" : "bar";
  element.style.transform = `translate(${x}px, ${y}px)`;
  element.hidden = false;
}

const edgePx = 90;
const maxScrollPx = 22;

/** Pixels a frame: faster closer to the edge of the window. */
function scrollSpeed(y: number): number {
  const above = edgePx - (y - 60); // below the header
  const below = edgePx - (innerHeight - y);
  if (above > 0) return -Math.min(maxScrollPx, (above / edgePx) * maxScrollPx);
  if (below > 0) return Math.min(maxScrollPx, (below / edgePx) * maxScrollPx);
  return 0;
}
