import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { gallery, insertGallery, tile } from "../support/galleryPages.ts";
import { jumpToEnd } from "../support/jumps.ts";
import { test } from "../support/studio.ts";

describe("images of the gallery are selected", () => {
  test("by mouse: the checkbox of a tile, then clicks, and Shift for all between", async ({
    studio: { stack },
    owner,
    open,
  }) => {
    await insertGallery(stack, owner, Array(8).fill({}));
    const page = await open("/images");
    await tile(page, "008.jpg").hover();
    await page.getByRole("checkbox", { name: "Select 008.jpg" }).click();
    await tile(page, "006.jpg").click();
    await tile(page, "003.jpg").click({ modifiers: ["Shift"] });
    await tile(page, "008.jpg").click();
    expect(await selectedNames(page)).toEqual(["006.jpg", "005.jpg", "004.jpg", "003.jpg"]);
    expect(new URL(page.url()).pathname).toBe("/images");
    await gallery(page).getByRole("status").getByText("4 images selected").waitFor();

    await page.keyboard.press("Escape");
    expect(await selectedNames(page)).toEqual([]);
    await tile(page, "003.jpg").click();
    await page.getByRole("dialog").waitFor();
  });

  test("by touch: a long press, then taps", async ({ studio: { stack }, owner, open }) => {
    await insertGallery(stack, owner, Array(6).fill({}));
    const viewport = { width: 390, height: 800 };
    const page = await open("/images", { viewport, hasTouch: true, isMobile: true });
    await tile(page, "006.jpg").waitFor();
    expect(await page.getByRole("checkbox").count()).toBe(0);
    await longPress(page, "006.jpg");
    await page.getByText("1 selected", { exact: true }).waitFor();
    await tile(page, "005.jpg").tap();
    await tile(page, "004.jpg").tap();
    await page.getByRole("checkbox", { name: "Select 004.jpg" }).tap();
    expect(await selectedNames(page)).toEqual(["006.jpg", "005.jpg"]);
    await page.getByRole("button", { name: "Done" }).tap();
    await tile(page, "005.jpg").tap();
    await page.getByRole("dialog").waitFor();
  });

  test("by keyboard: arrows move in rows, the space bar selects, Shift and arrows extend", async ({
    studio: { stack },
    owner,
    open,
  }) => {
    await insertGallery(stack, owner, Array(30).fill({}));
    const page = await open("/images");
    await tile(page, "030.jpg").waitFor();
    await page.getByRole("button", { name: "Select", exact: true }).focus();
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("030.jpg");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Space");
    await page.keyboard.press("Shift+ArrowRight");
    expect(await selectedNames(page)).toEqual(["029.jpg", "028.jpg"]);

    const before = await boxOf(page);
    await page.keyboard.press("ArrowDown");
    const below = await boxOf(page);
    expect(below.top).toBeGreaterThan(before.top);
    expect(below.left).toBeLessThan(before.right);
    expect(below.right).toBeGreaterThan(before.left);
    await page.keyboard.press("ArrowUp");
    expect(await focused(page)).toBe("028.jpg");
    await page.keyboard.press("Control+End");
    expect(await focused(page)).toBe("001.jpg");
    await page.keyboard.press("Home");
    await page.keyboard.press("Control+a");
    await page.getByText("30 selected", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("30 selected", { exact: true }).waitFor({ state: "detached" });
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => focused(page)).toBe("030.jpg");
  });

  test("and stay so while more are loaded, and out of the window", async ({
    studio: { stack },
    owner,
    open,
  }) => {
    await insertGallery(stack, owner, Array(150).fill({}));
    const page = await open("/images");
    await tile(page, "150.jpg").focus();
    await page.keyboard.press("Space");
    await expect
      .poll(async () => {
        await jumpToEnd(page);
        return tile(page, "001.jpg").count();
      })
      .toBe(1);
    await page.getByText("1 selected", { exact: true }).waitFor();
    expect(await focused(page)).toBe("150.jpg"); // it has the focus, so it stays in the page
    await page.getByRole("button", { name: "Select all 150 loaded" }).click();
    await page.getByText("150 selected", { exact: true }).waitFor();
  });

  test("on a phone with buttons that leave room for the images", async ({
    studio: { stack },
    owner,
    open,
  }) => {
    await insertGallery(stack, owner, Array(12).fill({}));
    const page = await open("/images", { viewport: { width: 360, height: 740 } });
    const toggle = page.getByRole("button", { name: "Select", exact: true });
    const filter = page.getByRole("button", { name: "Filter" });
    expect((await toggle.boundingBox())!.y).toBe((await filter.boundingBox())!.y);
    await toggle.click();
    await tile(page, "012.jpg").click();
    const bar = page.getByRole("region", { name: "Selection" });
    await bar.getByRole("button", { name: "Delete…" }).waitFor();
    const { height } = (await bar.boundingBox())!;
    expect(height).toBeLessThan(135); // three rows of 740 px
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  });

  test("visibly in forced colours, by a border and a check mark", async ({
    studio: { stack },
    owner,
    open,
  }) => {
    await insertGallery(stack, owner, [{}, {}]);
    const page = await open("/images", { forcedColors: "active" });
    await tile(page, "001.jpg").focus();
    await page.keyboard.press("Space");
    const looks = (name: string) =>
      tile(page, name).evaluate((link) => {
        const cell = link.closest("[role=gridcell]")!;
        const check = cell.querySelector("[role=checkbox] svg")!;
        return [getComputedStyle(cell, "::after").borderWidth, getComputedStyle(check).visibility];
      });
    expect(await looks("001.jpg")).toEqual(["5px", "visible"]);
    expect((await looks("002.jpg"))[1]).toBe("hidden");
  });
});

/** The names of the selected tiles, in their order. */
const selectedNames = (page: Page) =>
  gallery(page)
    .locator("[role=gridcell][aria-selected=true] img")
    .evaluateAll((pictures) => pictures.map((picture) => picture.getAttribute("alt")));

const focused = (page: Page) =>
  page.evaluate(() => document.activeElement?.querySelector("img")?.alt);

const boxOf = (page: Page) =>
  page.evaluate(() => {
    const { top, left, right } = document.activeElement!.getBoundingClientRect();
    return { top: top + scrollY, left, right };
  });

/** Rests a finger on a tile for as long as a long press takes. */
async function longPress(page: Page, name: string) {
  const { x, y, width, height } = (await tile(page, name).boundingBox())!;
  const devtools = await page.context().newCDPSession(page);
  const point = { x: x + width / 2, y: y + height / 2 };
  const touch = (type: "touchStart" | "touchEnd") =>
    devtools.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: type === "touchEnd" ? [] : [point],
    });
  await touch("touchStart");
  await page.getByText("1 selected", { exact: true }).waitFor();
  await touch("touchEnd");
}
