import type { Page } from "./openPage.ts";

type Shift = PerformanceEntry & {
  value: number;
  sources: { node: Node | null; previousRect: DOMRectReadOnly; currentRect: DOMRectReadOnly }[];
};

/** Observes what moves in the viewport without anyone moving it, from now on. */
export const watchLayoutShifts = (page: Page) =>
  page.evaluate(() => {
    const shifts: { value: number; at: number; moved: string[] }[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const { value, startTime, sources } of list.getEntries() as Shift[])
        shifts.push({
          value,
          at: Math.round(startTime),
          moved: sources.map(({ node, previousRect, currentRect }) => {
            const element = node instanceof Element ? node : node?.parentElement;
            const { x, y, width, height } = previousRect;
            const { x: toX, y: toY } = currentRect;
            const name = `${element?.tagName}.${element?.className}`;
            return `${name} ${x},${y} ${width}×${height} to ${toX},${toY}`;
          }),
        });
    }).observe({ type: "layout-shift" });
  });

/** Takes what moved since the last call. */
export const takeLayoutShifts = (page: Page) =>
  page.evaluate(() =>
    (
      window as unknown as { shifts: { value: number; at: number; moved: string[] }[] }
    ).shifts.splice(0),
  );
