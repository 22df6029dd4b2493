import { useEffect } from "react";

type Options = {
  isSelecting: boolean;
  ids: string[];
  select(ids: string[]): void;
  onEscape(): void;
};

/** Ctrl or Cmd and A select all that is loaded, and Escape nothing; in the grid, and anywhere while images are selected. */
export function useSelectionKeys({ isSelecting, ids, select, onEscape }: Options) {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const { key, ctrlKey, metaKey, altKey, defaultPrevented, target } = event;
      const element = target as Element;
      if (defaultPrevented || document.querySelector("dialog[open]")) return;
      if (element.matches("input, textarea, select")) return;
      if (key === "Escape" && isSelecting) return onEscape();
      if (altKey || !(ctrlKey || metaKey) || key.toLowerCase() !== "a") return;
      if (!isSelecting && !element.closest("[role=grid]")) return;
      select(ids);
      event.preventDefault(); // it would mark the text of the page
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [isSelecting, ids, select, onEscape]);
}
