import { type KeyboardEvent, type MouseEvent, type PointerEvent, useRef } from "react";
import type { Selection } from "../../datasets/useSelection.ts";
import { imageAfterKey } from "./imageAfterKey.ts";
import type { Row } from "./justifiedRows.ts";

type Options = {
  rows: readonly Row[];
  selection: Selection;
  /** A click selects instead of opening. */
  isSelecting: boolean;
  /** Moves the focus to an image. */
  goTo(image_id: string): void;
  onOpen(image_id: string): void;
};

/** So long a finger rests on a picture until it is selected. */
const longPressMs = 500;
/** And moves no further than this many pixels: else the page scrolls. */
const stillPx = 10;

/**
 * Mouse, touch and keyboard in the grid. A click opens an image; its checkbox, a long press and the space bar select
 * it; with Shift a click, the space bar and the arrow keys select all on the way.
 */
export function useGridEvents({ rows, selection, isSelecting, goTo, onOpen }: Options) {
  const press = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number }>(undefined);
  const hasLongPressed = useRef(false);
  const { selected, toggle, selectTo } = selection;
  const choose = (image_id: string, isRange: boolean) =>
    isRange ? selectTo(image_id) : toggle(image_id);
  const endPress = () => clearTimeout(press.current?.timer);

  return {
    onKeyDown(event: KeyboardEvent<HTMLElement>) {
      const { key, altKey, shiftKey, target } = event;
      const isCommand = event.ctrlKey || event.metaKey;
      const image_id = imageOf(target);
      if (altKey || !image_id) return;
      if (key === " " && !isCommand) {
        choose(image_id, shiftKey);
        return event.preventDefault();
      }
      if (isCommand && key !== "Home" && key !== "End") return;
      const next = imageAfterKey(rows, image_id, key, isCommand);
      if (next === undefined) return;
      if (shiftKey) {
        if (!selected.has(image_id)) toggle(image_id);
        selectTo(next);
      }
      goTo(next);
      event.preventDefault();
    },
    onClick(event: MouseEvent<HTMLElement>) {
      const { target, button, shiftKey, ctrlKey, metaKey, altKey, detail } = event;
      const image_id = imageOf(target);
      if (!image_id || button !== 0 || ctrlKey || metaKey || altKey) return; // such as opening a new tab
      event.preventDefault();
      if (hasLongPressed.current) hasLongPressed.current = false;
      else if ((target as HTMLElement).closest("[role=checkbox]")) choose(image_id, shiftKey);
      else if (detail > 0 && (isSelecting || shiftKey)) choose(image_id, shiftKey);
      else onOpen(image_id);
    },
    onPointerDown({ pointerType, target, clientX: x, clientY: y }: PointerEvent<HTMLElement>) {
      hasLongPressed.current = false;
      const image_id = imageOf(target);
      if (pointerType !== "touch" || !image_id) return;
      endPress();
      const timer = setTimeout(() => {
        hasLongPressed.current = true;
        toggle(image_id);
      }, longPressMs);
      press.current = { timer, x, y };
    },
    onPointerMove({ clientX, clientY }: PointerEvent<HTMLElement>) {
      const { x, y } = press.current ?? { x: 0, y: 0 };
      if (Math.hypot(clientX - x, clientY - y) > stillPx) endPress();
    },
    onPointerUp: endPress,
    onPointerCancel: endPress,
    /** The menu that a long press opens. */
    onContextMenu(event: MouseEvent<HTMLElement>) {
      const { pointerType } = event.nativeEvent as globalThis.PointerEvent;
      if (hasLongPressed.current || (pointerType === "touch" && imageOf(event.target)))
        event.preventDefault();
    },
  };
}

const imageOf = (target: EventTarget): string | undefined =>
  (target as HTMLElement).closest<HTMLElement>("[data-image]")?.dataset.image;
