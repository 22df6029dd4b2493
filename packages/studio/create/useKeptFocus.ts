import { useEffect, useLayoutEffect, useRef } from "react";

/** When the element with the focus is removed, its nearest neighbour gets it: Undo, the characters or the heading. */
export function useKeptFocus() {
  const focused = useRef<Element>(undefined);
  useEffect(() => {
    const remember = ({ target }: FocusEvent) => {
      focused.current = target as Element;
    };
    document.addEventListener("focusin", remember);
    return () => document.removeEventListener("focusin", remember);
  }, []);
  useLayoutEffect(() => {
    const { current } = focused;
    if (!current || current.isConnected || document.activeElement !== document.body) return;
    focused.current = undefined;
    const next = neighbours.map((one) => document.querySelector<HTMLElement>(one)).find(Boolean);
    next?.focus({ preventScroll: true });
  });
}

const neighbours = ["[data-undo]", "section[aria-label=Characters]", "h1"];
