import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { gallery, insertGallery, tile, tileNames } from "../support/galleryPages.ts";
import { test } from "../support/studio.ts";

describe("the gallery's filters", () => {
  test("find images by words, and Back and a reload keep them", async ({
    studio: { stack },
    owner,
    open,
  }) => {
    const named = ["harbour.jpg", "forest.jpg", "old harbour.jpg"];
    await insertGallery(
      stack,
      owner,
      named.map((filename) => ({ filename })),
    );
    const page = await open("/images");
    await tile(page, "forest.jpg").waitFor();
    await page.getByRole("searchbox", { name: "Search images" }).fill("harbour");
    await shows(page, ["old harbour.jpg", "harbour.jpg"]);
    expect(queryOf(page)).toBe("?q=harbour");
    await page.getByRole("searchbox").fill("harbour old");
    await shows(page, ["old harbour.jpg"]);

    await page.reload();
    await shows(page, ["old harbour.jpg"]);
    expect(await page.getByRole("searchbox").inputValue()).toBe("harbour old");
    await tile(page, "old harbour.jpg").click();
    await page.getByRole("dialog").waitFor();
    expect(queryOf(page)).toBe("?q=harbour+old");
    await page.goBack();
    await shows(page, ["old harbour.jpg"]);
    await page.goBack();
    await shows(page, ["old harbour.jpg", "forest.jpg", "harbour.jpg"]);
    expect(await page.getByRole("searchbox").inputValue()).toBe("");
  });

  test("choose by source, tag, visibility and dates, and are shown until they are cleared", async ({
    studio: { stack },
    owner,
    open,
  }) => {
    const on = (day: number) => new Date(2025, 4, day, 12);
    const [first] = await insertGallery(stack, owner, [
      { created_at: on(1), tags: ["sea"] },
      { created_at: on(2), platform: "telegram" },
      { created_at: on(3), platform: "telegram", tags: ["sea"] },
      { created_at: on(4), platform: "telegram", tags: ["sea"] },
    ]);
    await stack.sql`update images set visibility = 'private', url = null where image_id = ${first!}`;
    const page = await open("/images?order=oldest");
    const all = ["001.jpg", "002.jpg", "003.jpg", "004.jpg"];
    await shows(page, all);
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByLabel("Source").selectOption("Telegram");
    await shows(page, ["002.jpg", "003.jpg", "004.jpg"]);
    await page.getByLabel("Tag", { exact: true }).fill("sea");
    await page.keyboard.press("Enter");
    await shows(page, ["003.jpg", "004.jpg"]);
    await page.getByLabel("Until").fill("2025-05-03");
    await shows(page, ["003.jpg"]);
    await page.getByLabel("Since").fill("2025-05-03");
    await shows(page, ["003.jpg"]);
    await page.reload();
    await shows(page, ["003.jpg"]);
    for (const filter of ["Source: Telegram", "Tag: sea", "Since May 3, 2025"])
      await page.getByRole("button", { name: `Clear ${filter}` }).click();
    await shows(page, ["001.jpg", "002.jpg", "003.jpg"]);
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByLabel("Visibility").selectOption("Private");
    await shows(page, ["001.jpg"]);
    await page.getByLabel("Visibility").selectOption("Public");
    await shows(page, ["002.jpg", "003.jpg"]);
    await page.getByLabel("Order").selectOption("Newest first");
    await shows(page, ["003.jpg", "002.jpg"]);
    expect(queryOf(page)).toBe("?visibility=public&to=2025-05-03");
  });

  test("that match nothing say which one to clear", async ({ studio: { stack }, owner, open }) => {
    await insertGallery(stack, owner, [{ tags: ["sea"] }, { platform: "telegram" }]);
    const page = await open("/images?platform=telegram&tag=sea&visibility=public");
    await page.getByRole("heading", { name: "No image matches" }).waitFor();
    const buttons = gallery(page).getByRole("button", { name: /^Clear “/ });
    await expect
      .poll(() => buttons.allTextContents())
      .toEqual(["Clear “Source: Telegram”", "Clear “Tag: sea”"]);
    await buttons.first().click();
    await shows(page, ["001.jpg"]);
  });

  test("decide whether an image that arrives is shown", async ({
    studio: { stack },
    owner,
    open,
  }) => {
    await insertGallery(stack, owner, [{ tags: ["sea"] }, { tags: ["sea"] }]);
    const page = await open("/images?tag=sea");
    await shows(page, ["002.jpg", "001.jpg"]);
    await tile(page, "002.jpg").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: /remove.*sea/i }).click();
    await expect.poll(() => tileNames(page)).toEqual(["001.jpg"]);
  });
});

const shows = (page: Page, names: string[]) => expect.poll(() => tileNames(page)).toEqual(names);

const queryOf = (page: Page) => new URL(page.url()).search;
