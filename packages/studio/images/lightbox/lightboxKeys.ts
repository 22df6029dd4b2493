import type { KeyboardEvent } from "react";
import type { StageKeys } from "./Stage.tsx";

/**
 * The arrow keys go to the neighbours; + and − zoom, and 0 fits the picture again. While it is zoomed, the arrow keys up and
 * down pan it, and all of them with Shift. Keys that are typed in a field are left to it.
 */
export function onLightboxKey(event: KeyboardEvent, stage: StageKeys, step: (by: 1 | -1) => void) {
  const { key } = event;
  const target = event.target as Element;
  if (target.matches("input, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  const isInDetails = target.closest("section") !== null;
  const isZoomed = stage.current().zoom > 1;
  const pan = pans[key];
  if (isZoomed && event.shiftKey && pan) stage.pan(...pan);
  else if (key === "ArrowRight") step(1);
  else if (key === "ArrowLeft") step(-1);
  else if (pan && isInDetails)
    return; // it scrolls them
  else if (pan && isZoomed) stage.pan(...pan);
  else if (key === "+" || key === "=") stage.in();
  else if (key === "-") stage.out();
  else if (key === "0") stage.fit();
  else if (!pan) return; // another key; up and down would scroll the page below
  event.preventDefault();
}

const pans: Record<string, [number, number]> = {
  ArrowLeft: [60, 0],
  ArrowRight: [-60, 0],
  ArrowUp: [0, 60],
  ArrowDown: [0, -60],
};
