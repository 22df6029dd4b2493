import { type RefCallback, useCallback, useRef } from "react";

/** Calls `onNear` whenever the element comes within 600 px of the viewport, or of what its scrolling box shows. */
export function useNearViewport(onNear: () => void): RefCallback<Element> {
  const latest = useRef(onNear);
  latest.current = onNear;
  return useCallback((element) => {
    if (!element) return;
    const observer = new IntersectionObserver(
      ([entry]) => entry?.isIntersecting && latest.current(),
      // the second is for a list that scrolls in a dialog; browsers that do not know it load at the list's end
      { rootMargin: "600px", scrollMargin: "600px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
}
