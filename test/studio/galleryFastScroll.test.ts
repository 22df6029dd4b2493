import type { Page } from "playwright-core";
import { expect } from "vitest";
import { gallery, insertGallery, tile, tileNames } from "../support/galleryPages.ts";
import { jumpTo, jumpToEnd } from "../support/jumps.ts";
import { test } from "../support/studio.ts";

test("the gallery loads no pictures that a fast scroll passes, and all that are seen when it ends", async ({
  studio: { stack },
  owner,
  open,
}) => {
  await insertGallery(stack, owner, Array(240).fill({}));
  const page = await open("/images");
  await tile(page, "240.jpg").waitFor();
  await expect
    .poll(async () => {
      await jumpToEnd(page);
      return tile(page, "001.jpg").count();
    })
    .toBe(1); // all are listed
  await jumpTo(page, 0);
  await expect.poll(() => picturesInWindow(page)).not.toContain(false);
  await tile(page, "240.jpg").waitFor();
  const now = Date.now();
  await page.clock.install({ time: now });
  await page.clock.pauseAt(now + 60_000);

  const shown = new Set<string | null>();
  for (let step = 0; step < 20; step += 1) {
    await scrollTo(page, (step + 1) * 400);
    await page.clock.runFor(16);
    for (const name of await tileNames(page)) shown.add(name);
  }
  expect(shown.size).toBeLessThan(100); // around where it began, of 240
  expect(await gallery(page).getByRole("gridcell").getByRole("link").count()).toBeGreaterThan(20);
  expect(await picturesInWindow(page)).toEqual([]);

  await page.clock.runFor(200);
  await expect.poll(() => picturesInWindow(page)).not.toContain(false);
  expect((await picturesInWindow(page)).length).toBeGreaterThan(8);

  await scrollTo(page, 3_000); // a jump is not a fast scroll: the clock stands still
  await expect.poll(() => picturesInWindow(page)).not.toContain(false);
  expect((await picturesInWindow(page)).length).toBeGreaterThan(8);
});

const scrollTo = (page: Page, top: number) =>
  page.evaluate(async (top) => {
    const scrolled = new Promise((resolve) => addEventListener("scroll", resolve, { once: true }));
    window.scrollTo(0, top);
    await scrolled;
  }, top);

/** Of the pictures in the window, whether each is loaded. */
const picturesInWindow = (page: Page) =>
  gallery(page)
    .getByRole("gridcell")
    .locator("img")
    .evaluateAll((pictures) =>
      (pictures as HTMLImageElement[]).flatMap((picture) => {
        const { top, bottom } = picture.getBoundingClientRect();
        return bottom > 0 && top < innerHeight ? picture.complete && picture.naturalWidth > 0 : [];
      }),
    );
