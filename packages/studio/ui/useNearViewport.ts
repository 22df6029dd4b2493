import { type RefCallback, useCallback, useRef } from "react";

/** Calls `onSeen` whenever the element comes near what can be seen. */
export function useNearViewport(onSeen: () => void): RefCallback<Element> {
  const latest = useRef(onSeen);
  latest.current = onSeen;
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
