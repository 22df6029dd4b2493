import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { gallery, insertGallery, tile, tileNames } from "../support/galleryPages.ts";
import { png } from "../support/images.ts";
import { jumpToEnd } from "../support/jumps.ts";
import { expectAccessibleEverywhere, test } from "../support/studio.ts";

describe("the gallery", () => {
  test("groups images by date", async ({ studio: { stack }, owner, open }) => {
    const now = new Date();
    const daysAgo = (days: number) =>
      new Date(now.getFullYear(), now.getMonth(), now.getDate() - days, 0, 0, 1);
    const dates = [new Date(2024, 1, 3), new Date(2024, 1, 28), daysAgo(3), daysAgo(1), daysAgo(0)];
    await insertGallery(
      stack,
      owner,
      dates.map((created_at) => ({ created_at })),
    );
    const page = await open("/images", { viewport: { width: 1_280, height: 1_600 } });
    const headings = gallery(page).getByRole("heading", { level: 3 });
    const weekday = new Intl.DateTimeFormat("en", { weekday: "long" }).format(daysAgo(3));
    await expect
      .poll(() => headings.allTextContents())
      .toEqual(["Today", "Yesterday", weekday, "February 2024"]);
    await expect
      .poll(() => tileNames(page))
      .toEqual(["005.jpg", "004.jpg", "003.jpg", "002.jpg", "001.jpg"]);
  });

  test("fills the width of the window with rows that keep the proportions of the pictures", async ({
    studio: { stack },
    owner,
    open,
  }) => {
    await insertGallery(stack, owner, Array(40).fill({}));
    const page = await open("/images");
    for (const width of [320, 1_280, 2_560]) {
      await page.setViewportSize({ width, height: 900 });
      await expect.poll(async () => (await firstRow(page)).at(-1)?.right).toBe(width);
      const row = await firstRow(page);
      expect(row[0]!.left).toBe(0);
      expect(new Set(row.map(({ height }) => height)).size).toBe(1);
      for (const { ratio, shownRatio } of row)
        expect(Math.abs(shownRatio / ratio - 1), `at ${width} px`).toBeLessThan(0.04);
      expect(await gallery(page).evaluate(({ scrollWidth }) => scrollWidth)).toBe(width);
    }
  });

  test("loads as many images as a phone shows, 100 more ahead of scrolling, and keeps few of them on the page", async ({
    studio: { stack },
    owner,
    open,
  }) => {
    await insertGallery(stack, owner, Array(250).fill({}));
    const page = await open("/worlds", { viewport: { width: 360, height: 640 } });
    const lengths: number[] = [];
    page.on("response", async (response) => {
      if (!response.url().startsWith(`${stack.api}/images?`)) return;
      if (response.request().method() === "GET")
        lengths.push((await response.json()).images.length);
    });
    await page.getByRole("link", { name: "Images", exact: true }).click();
    await tile(page, "250.jpg").waitFor();
    await page.getByText("Today").waitFor();
    expect(lengths).toEqual([18]);
    await expect
      .poll(async () => {
        await jumpToEnd(page);
        return tile(page, "001.jpg").count();
      })
      .toBe(1);
    expect(lengths.filter((length) => length !== 18)).toEqual([100, 100, 32]); // the first page may be loaded again
    expect(await gallery(page).getByRole("gridcell").count()).toBeLessThan(60);
    expect(await tile(page, "250.jpg").count()).toBe(0);
    expect(await page.getByRole("button", { name: "Load more" }).count()).toBe(0);
  });

  test("shows at once what is uploaded, renamed and deleted, in this page's other parts too", async ({
    studio: { stack },
    owner,
    open,
  }) => {
    await insertGallery(stack, owner, [{}, {}, {}]);
    const page = await open("/images");
    await tile(page, "003.jpg").waitFor();
    const lists: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "GET" && request.url().startsWith(`${stack.api}/images?`))
        lists.push(request.url());
    });
    await page
      .getByRole("region", { name: "Add pictures" })
      .locator("input[type=file]")
      .setInputFiles([
        { name: "new.png", mimeType: "image/png", buffer: await png(64, "#102030") },
      ]);
    await tile(page, "new.png").waitFor();
    await tile(page, "002.jpg").click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete image" }).click();
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("dialog").getByRole("img", { name: "001.jpg" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await tileNames(page)).toEqual(["new.png", "003.jpg", "001.jpg"]);
    expect(lists.filter((url) => !url.includes("limit=24"))).toEqual([]);
    await expect.poll(() => focusedImage(page)).toBe("001.jpg"); // the next one in its place
  });

  test("shows names and badges of a tile that is pointed at or has the focus, or of all", async ({
    studio: { stack },
    owner,
    open,
  }) => {
    await insertGallery(stack, owner, [{ platform: "telegram" }, {}]);
    const page = await open("/images");
    await tile(page, "001.jpg").waitFor();
    const badge = gallery(page).getByText("Telegram", { exact: true });
    const opacity = () =>
      badge.evaluate((element) => getComputedStyle(element.closest("[class*=foot]")!).opacity);
    expect(await opacity()).toBe("0");
    await tile(page, "001.jpg").hover();
    expect(await opacity()).toBe("1");
    await tile(page, "002.jpg").hover();
    await tile(page, "002.jpg").focus();
    await page.keyboard.press("ArrowRight");
    expect(await opacity()).toBe("1");
    await page.keyboard.press("ArrowLeft");
    expect(await opacity()).toBe("0");
    await page.getByRole("button", { name: "Names" }).click();
    expect(await opacity()).toBe("1");
    await page.reload();
    await tile(page, "001.jpg").waitFor();
    expect(await opacity()).toBe("1");
  });

  test("moves nothing when the pictures arrive", async ({ studio: { stack }, owner, open }) => {
    await insertGallery(stack, owner, Array(60).fill({}));
    const page = await open("/telegram");
    await page.evaluate(() => {
      const shifts: number[] = [];
      Object.assign(window, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[])
          shifts.push(entry.value);
      }).observe({ type: "layout-shift" });
    });
    await page.getByRole("link", { name: "Images" }).click();
    await tile(page, "060.jpg").waitFor();
    await decoded(page);
    const shifts = await page.evaluate(() => (window as { shifts?: number[] }).shifts!);
    expect(shifts.reduce((sum, shift) => sum + shift, 0)).toBeLessThan(0.02);
  });
});

test("the gallery passes axe with names, filters and a selection", async ({
  studio: { stack },
  owner,
  open,
}) => {
  const rejected = { status: "rejected", error: "The image is no longer available there" };
  await insertGallery(stack, owner, [{}, rejected, {}, { filename: "שלום.jpg" }]);
  const page = await open("/images?tag=none&q=nothing", { reducedMotion: "reduce" });
  await page.getByRole("heading", { name: "No image matches" }).waitFor();
  await expectAccessibleEverywhere(page);
  await page.getByRole("button", { name: "Clear all filters" }).click();
  await tile(page, "001.jpg").waitFor();
  await expectAccessibleEverywhere(page);
  await page.getByRole("button", { name: "Names" }).click();
  await page.getByRole("button", { name: "Filter" }).click();
  await page.getByRole("button", { name: "Select", exact: true }).click();
  await page.getByRole("checkbox").first().click();
  await expectAccessibleEverywhere(page);
  const rightToLeft = page.getByText("שלום.jpg");
  expect(await rightToLeft.evaluate((name) => getComputedStyle(name).direction)).toBe("rtl");
});

type Measured = { left: number; right: number; height: number; ratio: number; shownRatio: number };

/** The tiles of the first row, and how wide their pictures are for their height. */
const firstRow = (page: Page): Promise<Measured[]> =>
  gallery(page)
    .getByRole("row")
    .nth(1)
    .getByRole("gridcell")
    .evaluateAll(async (cells) =>
      Promise.all(
        cells.map(async (cell) => {
          const { left, right, width, height } = cell.getBoundingClientRect();
          const picture = cell.querySelector("img")!;
          await picture.decode();
          const ratio = picture.naturalWidth / picture.naturalHeight;
          return { left, right, height, ratio, shownRatio: width / height };
        }),
      ),
    );

const decoded = (page: Page) =>
  gallery(page)
    .getByRole("img")
    .evaluateAll(async (pictures) => {
      for (const picture of pictures as HTMLImageElement[]) await picture.decode();
    });

/** The name of the image whose tile has the focus. */
const focusedImage = (page: Page) =>
  page.evaluate(() => document.activeElement?.querySelector("img")?.alt);
