import { type RefObject, useLayoutEffect, useState } from "react";

/** How wide an element is, in pixels, and how far its top is from the top of the page. Both are 0 at first. */
export function useMeasuredGrid(grid: RefObject<HTMLElement | null>) {
  const [width, setWidth] = useState(0);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const element = grid.current!;
    const measure = () => setWidth(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [grid]);
  useLayoutEffect(() => {
    setTop(Math.round(grid.current!.getBoundingClientRect().top + scrollY));
  }); // after each rendering: what is above it may have changed
  return { width, top };
}
