import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { card, failPuts, isItems, shownNames, test } from "../support/datasetPages.ts";
import { jumpToEnd } from "../support/jumps.ts";
import { expectAccessible } from "../support/studio.ts";

describe("the order of a dataset", () => {
  test("is changed by dragging, and stays after a reload", async ({ openDataset }) => {
    const { page, names } = await openDataset(7);
    await drag(page, "006", "002");
    const order = ["001", "006", "002", "003", "004", "005", "007"];
    await expect.poll(() => shownNames(page)).toEqual(order);
    await said(page, "1 image moved to position 2 of 7");
    await expect.poll(names).toEqual(order);
    await page.reload();
    await card(page, "001").waitFor();
    expect(await shownNames(page)).toEqual(order);
  });

  test("is changed by dragging several selected images at once", async ({ openDataset }) => {
    const { page, names } = await openDataset(8);
    for (const name of ["003", "005", "008"]) await select(page, name);
    await drag(page, "005", "001");
    const order = ["003", "005", "008", "001", "002", "004", "006", "007"];
    await expect.poll(() => shownNames(page)).toEqual(order);
    await said(page, "3 images moved to positions 1 to 3 of 8");
    await expect.poll(names).toEqual(order);
  });

  test("is changed with the keyboard, and stays after a reload", async ({ openDataset }) => {
    const { page, names } = await openDataset(7);
    await card(page, "001").focus();
    await page.keyboard.press("Alt+ArrowRight");
    await page.keyboard.press("Alt+ArrowRight");
    await said(page, "1 image moved to position 3 of 7");
    await page.keyboard.press("ArrowRight");
    await card(page, "004").and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Alt+ArrowUp");
    await page.keyboard.press("Alt+End");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Alt+Home");
    const order = ["007", "002", "003", "001", "005", "006", "004"];
    expect(await shownNames(page)).toEqual(order);
    await card(page, "007").and(page.locator(":focus")).waitFor();
    await expect.poll(names).toEqual(order);
    await page.reload();
    await card(page, "001").waitFor();
    expect(await shownNames(page)).toEqual(order);
  });

  test("is changed without dragging: to the beginning, to the end, to a position", async ({
    openDataset,
  }) => {
    const { page, names } = await openDataset(6);
    await select(page, "004");
    await select(page, "005");
    const move = page.getByRole("button", { name: "Move…" });
    await move.click();
    await expectAccessible(page);
    await page.getByRole("button", { name: "To the beginning" }).click();
    expect(await shownNames(page)).toEqual(["004", "005", "001", "002", "003", "006"]);
    await move.click();
    await page.getByLabel("To position").fill("4");
    await page.keyboard.press("Enter");
    const order = ["001", "002", "003", "004", "005", "006"];
    expect(await shownNames(page)).toEqual(order);
    await move.click();
    await page.getByRole("button", { name: "To the end" }).click();
    const last = ["001", "002", "003", "006", "004", "005"];
    await expect.poll(names).toEqual(last);
  });

  test("is that of the API again when a change was rejected, and the change can be repeated", async ({
    studio,
    openDataset,
  }) => {
    const { page, names } = await openDataset(4);
    await failPuts(page, studio);
    await card(page, "004").focus();
    await page.keyboard.press("Alt+Home");
    await page.getByRole("alert").getByText("Something went wrong on our side").waitFor();
    await expect.poll(() => shownNames(page)).toEqual(["001", "002", "003", "004"]);
    await page.unroute(isItems);
    await page.getByRole("button", { name: "Try again" }).click();
    const order = ["004", "001", "002", "003"];
    await expect.poll(names).toEqual(order);
    expect(await shownNames(page)).toEqual(order);
  });
});

describe("images that are removed from a dataset", () => {
  test("come back with their captions, to where they were", async ({ openDataset }) => {
    const captioned = { captions: [null, "a pier", "a pier"] };
    const { page, names, captions } = await openDataset(6, captioned);
    await card(page, "002").focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("Shift+ArrowRight");
    await select(page, "005");
    await page.keyboard.press("Delete");
    await said(page, "3 images removed from the dataset");
    await expect.poll(names).toEqual(["001", "004", "006"]);
    await expectAccessible(page);

    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(names).toEqual(["001", "002", "003", "004", "005", "006"]);
    expect(await captions()).toEqual([null, "a pier", "a pier", null, null, null]);
  });

  test("are removed one by one with the button of their card", async ({ owner, openDataset }) => {
    const { page, names } = await openDataset(3);
    await page.getByRole("button", { name: "Remove 002.png from the dataset" }).click();
    await card(page, "003").and(page.locator(":focus")).waitFor();
    await expect.poll(names).toEqual(["001", "003"]);
    expect((await owner.client.listImages()).images).toHaveLength(4);
  });
});

describe("a dataset of 500 images", () => {
  test("renders few elements at a time, reaches the last one, and moves it to the beginning", async ({
    openDataset,
  }) => {
    const { page, names } = await openDataset(500);
    await card(page, "001").focus();
    await expect.poll(() => page.getByRole("grid").getAttribute("aria-rowcount")).toBe("500");
    const cards = () => page.getByRole("row").count();
    expect(await cards()).toBeLessThan(60);

    await jumpToEnd(page);
    await card(page, "500").waitFor();
    await card(page, "001").and(page.locator(":focus")).waitFor(); // it keeps the focus
    expect(await cards()).toBeLessThan(60);
    await page.keyboard.press("End");
    await card(page, "500").and(page.locator(":focus")).waitFor();
    await page.getByText("Loading").waitFor({ state: "hidden" });
    await page.keyboard.press("Alt+Home");
    await said(page, "1 image moved to position 1 of 500");
    await card(page, "500").and(page.locator(":focus")).waitFor();
    const first = async () => (await names()).slice(0, 2);
    await expect.poll(first).toEqual(["500", "001"]);
    expect(await cards()).toBeLessThan(60);
  });

  test("scrolls while an image is dragged near the edge of the window", async ({ openDataset }) => {
    const { page, names } = await openDataset(60);
    await card(page, "002").hover({ position: { x: 40, y: 40 } });
    await page.mouse.down();
    const { width, height } = page.viewportSize()!;
    await page.mouse.move(width / 2, height / 2, { steps: 5 });
    await page.mouse.move(width / 2, height - 20, { steps: 5 });
    await page.mouse.move(width / 2 + 1, height - 20); // a browser fires dragover also without a move
    await card(page, "060").waitFor();
    await page.mouse.move(width / 2, height / 2, { steps: 5 });
    await page.mouse.up();
    const place = async () => (await names()).indexOf("002");
    await expect.poll(place).toBeGreaterThan(10);
  });
});

/** Drags a card by its picture to before another one, as a mouse does. */
async function drag(page: Page, name: string, before: string) {
  await page.setViewportSize({ width: 1_280, height: 1_000 });
  await card(page, name).hover({ position: { x: 40, y: 40 } });
  const to = (await card(page, before).boundingBox())!;
  await page.mouse.down();
  await page.mouse.move(to.x + 20, to.y + to.height / 2, { steps: 8 });
  await page.mouse.up();
}

/** Selects a card by a click on its picture. */
const select = (page: Page, name: string) => card(page, name).click({ position: { x: 60, y: 60 } });

/** Waits until screen readers read a text. */
const said = (page: Page, text: string) =>
  page.getByRole("status").filter({ hasText: text }).waitFor({ state: "attached" });
