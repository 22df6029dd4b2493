import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { gallery, insertGallery, tile } from "../support/galleryPages.ts";
import { png } from "../support/images.ts";
import { jumpTo, jumpToEnd } from "../support/jumps.ts";
import { test } from "../support/studio.ts";

describe("what is seen of the gallery stays where it is", () => {
  test("when pictures are uploaded", async ({ studio: { stack }, owner, open }) => {
    await insertGallery(stack, owner, Array(90).fill({}));
    const page = await open("/images");
    await tile(page, "090.jpg").waitFor();
    // further than the first images reach: the next ones arrive meanwhile
    await expect
      .poll(async () => {
        await jumpTo(page, 2_500);
        return page.evaluate(() => scrollY);
      })
      .toBe(2_500);
    for (const color of ["#102030", "#302010", "#203010"]) {
      const seen = await seenTiles(page);
      expect(seen.length).toBeGreaterThan(8);
      const height = await gridHeight(page);
      await page
        .getByRole("region", { name: "Add pictures" })
        .locator("input[type=file]")
        .setInputFiles([
          { name: `${color}.png`, mimeType: "image/png", buffer: await png(64, color) },
        ]);
      await expect.poll(() => gridHeight(page), { timeout: 10_000 }).not.toBe(height);
      await expect.poll(() => seenTiles(page)).toEqual(seen);
    }
  });

  test("when the next page of images arrives", async ({ studio: { stack }, owner, open }) => {
    await insertGallery(stack, owner, Array(150).fill({}));
    const page = await open("/worlds");
    const arrival = Promise.withResolvers<void>();
    await page.route(`${stack.api}/images?*cursor=*`, async (route) => {
      await arrival.promise;
      await route.continue();
    });
    await page.getByRole("link", { name: "Images", exact: true }).click();
    await tile(page, "150.jpg").waitFor();
    await jumpToEnd(page);
    const toEnd = () =>
      page.evaluate(() => document.documentElement.scrollHeight - scrollY - innerHeight);
    await expect.poll(toEnd).toBeLessThan(1);
    const end = gallery(page).getByRole("button", { name: "Loading…" });
    await expect.poll(() => end.isVisible()).toBe(true);
    const seen = await seenTiles(page);
    const height = await gridHeight(page);
    arrival.resolve();
    await expect.poll(() => gridHeight(page)).toBeGreaterThan(height);
    await expect.poll(() => seenTiles(page)).toEqual(expect.arrayContaining(seen));
  });
});

/** The images in the viewport, and where they are, also those whose pictures are loaded when the page rests. */
const seenTiles = (page: Page) =>
  gallery(page)
    .getByRole("gridcell")
    .evaluateAll((cells) =>
      cells.flatMap((cell) => {
        const { top, bottom, left, width } = cell.getBoundingClientRect();
        return cell.dataset.image && bottom > 0 && top < innerHeight
          ? `${cell.dataset.image} ${left},${top} ${width} wide`
          : [];
      }),
    );

const gridHeight = (page: Page) =>
  page.getByRole("grid", { name: "Images" }).evaluate(({ clientHeight }) => clientHeight);
