import type { DatasetItem } from "@keepsake/contract/api/datasets";
import type { FocusEvent, KeyboardEvent } from "react";
import type { Selection } from "../useSelection.ts";
import { idOf } from "./applyChange.ts";
import type { GridActions } from "./gridActions.ts";
import { indexAfterKey } from "./gridLayout.ts";
import type { GridFocus } from "./useGridFocus.ts";

type Options = {
  items: DatasetItem[];
  columns: number;
  isComplete: boolean;
  selection: Selection;
  focus: GridFocus;
  actions: GridActions;
};

/**
 * The keyboard in the grid: arrows move the focus, with Shift they select, with Alt they move the item; Enter edits
 * its caption, Space selects it, Delete removes it from the dataset.
 */
export function useGridKeys({ items, columns, isComplete, selection, focus, actions }: Options) {
  const { goTo, edit, arriveAt, leave } = focus.actions;

  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const cell = event.target as HTMLElement;
    const image_id = cell.dataset.image;
    if (cell.role !== "gridcell" || !image_id) return; // a button or a text inside has its own keys
    const index = items.findIndex((item) => idOf(item) === image_id);
    if (handle(event, image_id, index)) event.preventDefault();
  };

  const handle = (event: KeyboardEvent, image_id: string, index: number): boolean => {
    const { key, altKey, shiftKey } = event;
    const isCommand = event.ctrlKey || event.metaKey;
    const target = indexAfterKey(key, index, items.length, columns);
    if (target !== undefined && !isCommand) {
      if (altKey) {
        if (isComplete && target !== index)
          actions.moveTo(image_id, target > index ? target + 1 : target);
        return true;
      }
      const next = idOf(items[target]!);
      if (shiftKey) {
        if (!selection.selected.has(image_id)) selection.toggle(image_id);
        selection.selectTo(next);
      }
      goTo(next);
      return true;
    }
    if (altKey) return false;
    if (isCommand && key.toLowerCase() === "a") {
      selection.select(items.map(idOf));
      return true;
    }
    if (isCommand) return false;
    switch (key) {
      case "Enter":
      case "F2":
        edit(image_id);
        return true;
      case " ":
        if (shiftKey) selection.selectTo(image_id);
        else selection.toggle(image_id);
        return true;
      case "Escape":
        selection.select([]);
        return true;
      case "Delete":
      case "Backspace":
        if (isComplete)
          actions.remove(selection.selected.has(image_id) ? [...selection.selected] : [image_id]);
        return true;
      default:
        return false;
    }
  };

  return {
    onKeyDown,
    onFocus({ target }: FocusEvent<HTMLElement>) {
      const image_id = target.closest<HTMLElement>("[data-image]")?.dataset.image;
      if (image_id) arriveAt(image_id);
    },
    onBlur({ currentTarget, relatedTarget }: FocusEvent<HTMLElement>) {
      if (!currentTarget.contains(relatedTarget)) leave();
    },
  };
}
