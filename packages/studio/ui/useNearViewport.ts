import { type RefCallback, useCallback, useRef } from "react";

/** Calls `onNear` whenever the element comes within 600 px of the viewport. */
export function useNearViewport(onNear: () => void): RefCallback<Element> {
  const latest = useRef(onNear);
  latest.current = onNear;
  return useCallback((element) => {
    if (!element) return;
    const observer = new IntersectionObserver(
      ([entry]) => entry?.isIntersecting && latest.current(),
      { rootMargin: "600px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
}
