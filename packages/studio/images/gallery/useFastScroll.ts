import { useState, useSyncExternalStore } from "react";

/** Scrolling is fast when it takes less than this to move the page by the height of the window. */
const fastMs = 250;
/** The page rests when it has not moved for so long. */
const restMs = 150;

/**
 * Whether the page is scrolled so fast that what passes cannot be seen. A single jump is not fast: what is there is to
 * be seen at once.
 */
export function useFastScroll(): boolean {
  const [speed] = useState(createScrollSpeed);
  return useSyncExternalStore(speed.subscribe, speed.isFast);
}

function createScrollSpeed() {
  const listeners = new Set<() => void>();
  let last = { y: scrollY, at: 0 };
  /** In pixels a millisecond: half of it of the last step, so that it takes several to be fast. */
  let speed = 0;
  let isFast = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function set(changed: boolean) {
    if (isFast === changed) return;
    isFast = changed;
    for (const listener of listeners) listener();
  }
  const rest = () => {
    speed = 0;
    set(false);
  };
  function onScroll() {
    const now = { y: scrollY, at: performance.now() };
    const ms = Math.max(1, now.at - last.at);
    speed = ms > restMs ? 0 : (speed + Math.abs(now.y - last.y) / ms) / 2;
    last = now;
    clearTimeout(timer);
    timer = setTimeout(rest, restMs);
    set(speed * fastMs > innerHeight);
  }

  return {
    isFast: () => isFast,
    subscribe(listener: () => void) {
      // before those listeners that render what is scrolled to
      if (listeners.size === 0) addEventListener("scroll", onScroll, scrollOptions);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        removeEventListener("scroll", onScroll, scrollOptions);
        clearTimeout(timer);
        rest();
      };
    },
  };
}

const scrollOptions = { capture: true, passive: true };
