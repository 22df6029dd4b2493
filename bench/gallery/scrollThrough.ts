import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "./openPage.ts";

/** Three notches of a mouse's wheel at once: a finger that turns it fast. */
const wheelStepPx = 360;
/** Slowly enough that every picture that passes is loaded: 2 px a millisecond. */
const slowTurnMs = 180;
const wheel = { type: "mouseWheel", x: 640, y: 500 };
const longestWaitMs = 60_000;

/** What a wait found: how long it took, and what it waited for. */
export type Wait = { ms: number; at: string };

/** Turns the wheel until an image is on the page. Waits where the page has no more to scroll. */
export async function scrollByWheel(page: Page, lastImage: string): Promise<Wait[]> {
  const waits: Wait[] = [];
  for (;;) {
    await page.send("Input.dispatchMouseEvent", { ...wheel, deltaX: 0, deltaY: wheelStepPx });
    const { isAtEnd, state, isLast } = await placeOf(page, lastImage);
    if (isLast && isAtEnd) return waits;
    if (isAtEnd && !isLast) waits.push(await waitForMore(page, state, lastImage));
  }
}

/** Turns the wheel back to the newest image so slowly that what passes can be seen. */
export async function scrollBackSlowly(page: Page): Promise<Wait[]> {
  for (;;) {
    await page.send("Input.dispatchMouseEvent", { ...wheel, deltaX: 0, deltaY: -wheelStepPx });
    await sleep(slowTurnMs);
    if (await page.evaluate(() => scrollY === 0)) break;
  }
  const started = performance.now();
  await waitForPictures(page);
  return [{ ms: Math.round(performance.now() - started), at: "the newest image" }];
}

/** Goes to the end and back by keys, and to places between as one drags the scroll bar, until pictures are shown. */
export async function jumpAround(page: Page, jumps: number): Promise<Wait[]> {
  const waits: Wait[] = [];
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  for (let jump = 0; jump < jumps; jump += 1) {
    const started = performance.now();
    if (jump % 4 === 0) await press(page, "End", 35);
    else if (jump % 4 === 2) await press(page, "Home", 36);
    else
      await page.evaluate(
        (part) => scrollTo(0, part * document.body.scrollHeight),
        ((jump * 7) % 19) / 19,
      );
    await waitForPictures(page);
    const { state } = await placeOf(page, "");
    waits.push({ ms: Math.round(performance.now() - started), at: state });
  }
  return waits;
}

async function press(page: Page, key: string, windowsVirtualKeyCode: number) {
  for (const type of ["rawKeyDown", "keyUp"])
    await page.send("Input.dispatchKeyEvent", { type, key, code: key, windowsVirtualKeyCode });
}

function placeOf(page: Page, lastImage: string) {
  return page.evaluate((lastImage) => {
    const { scrollHeight } = document.documentElement;
    const tiles = [...document.querySelectorAll<HTMLImageElement>("[role=gridcell] img")];
    const state = `${Math.round(scrollY)} of ${scrollHeight} px, last tile ${tiles.at(-1)?.alt}`;
    const message = document.querySelector("main [role=alert]")?.textContent;
    const isAtEnd = scrollY + innerHeight >= scrollHeight - 2;
    const isLast = tiles.some(({ alt }) => alt === lastImage);
    return { isAtEnd, isLast, state: message ? `${state}: ${message}` : state, scrollHeight };
  }, lastImage);
}

async function waitForMore(page: Page, at: string, lastImage: string): Promise<Wait> {
  const started = performance.now();
  const { scrollHeight } = await placeOf(page, lastImage);
  while (performance.now() - started < longestWaitMs) {
    const now = await placeOf(page, lastImage);
    if (now.scrollHeight !== scrollHeight || now.isLast)
      return { ms: Math.round(performance.now() - started), at };
    await sleep(20);
  }
  throw new Error(`The page loaded no more images in ${longestWaitMs / 1e3} s at ${at}`);
}

/** Waits until every tile in the viewport shows its picture. */
export async function waitForPictures(page: Page) {
  const started = performance.now();
  for (;;) {
    const missing = await page.evaluate(() => {
      const tiles = [...document.querySelectorAll<HTMLImageElement>("[role=gridcell] img")];
      const seen = tiles.filter((tile) => {
        const { top, bottom } = tile.getBoundingClientRect();
        return bottom > 0 && top < innerHeight;
      });
      if (seen.length === 0) return "any tile";
      return seen.find(({ complete, naturalWidth }) => !complete || naturalWidth === 0)?.alt;
    });
    if (missing === undefined) return;
    if (performance.now() - started > longestWaitMs)
      throw new Error(`${missing} was not shown within ${longestWaitMs / 1e3} s`);
    await sleep(10);
  }
}
