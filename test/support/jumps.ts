import type { Page } from "playwright-core";

/**
 * Scrolls the page in one step. A key or the wheel starts an animation in the browser, which later events join or cut
 * short, so that nothing says where the page comes to rest.
 */
export const jumpTo = (page: Page, top: number) =>
  page.evaluate((top) => window.scrollTo(0, top), top);

/** Scrolls to the end of what is listed so far. */
export const jumpToEnd = (page: Page) => jumpTo(page, Number.MAX_SAFE_INTEGER);
