import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { test } from "../support/studio.ts";
import { fileOf } from "../support/uploadRequests.ts";
import { ashfall } from "../support/worldPages.ts";

describe("the focus is never lost to the page's body", () => {
  test("when a dialog changes to its result", async ({ open, owner }) => {
    await owner.client.upload(fileOf(await png(64, "#102030"), "0.png"));
    const page = await open("/images");
    await page.getByRole("grid").getByRole("gridcell").first().waitFor();
    await page.keyboard.press("Tab");
    await page.getByRole("button", { name: "Select" }).click();
    await page.getByRole("button", { name: /^Select all/ }).click();
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete 1 image" }).press("Enter");
    await page.getByRole("dialog", { name: "Deleted" }).getByText("1 image was").waitFor();
    await focusIs(page, "Deleted");
  });

  test("when a button of the chat is pressed, and when an account is unlinked", async ({
    open,
  }) => {
    const page = await open("/telegram");
    await page.getByRole("button", { name: "Get my link" }).click();
    await page.getByRole("button", { name: "Open the link" }).click();
    const link = page.getByRole("log").getByRole("button", { name: "Link", exact: true });
    await link.press("Enter");
    await page.getByRole("button", { name: "Unlink…" }).waitFor();
    await focusIs(page, "Link");
    await page.getByRole("button", { name: "Unlink…" }).press("Enter");
    await page.getByRole("button", { name: "Unlink", exact: true }).press("Enter");
    await page.getByText("None yet").waitFor();
    await focusIs(page, "Linked accounts");
  });

  test("by signing in and out", async ({ open, owner }) => {
    const page = await open("/worlds", { sub: null });
    await page.getByLabel("Your name").fill(owner.sub);
    await page.getByLabel("Your name").press("Enter");
    await page.getByText("No worlds yet").waitFor();
    await focusIs(page, "Worlds");
    await page.getByRole("button", { name: /your account/ }).press("Enter");
    await page.getByRole("button", { name: "Sign out" }).press("Enter");
    await page.getByLabel("Your name").waitFor();
    await focusIs(page, "Pictures that stay");
  });

  test("nor to a dead button, when a world's text was changed elsewhere meanwhile", async ({
    open,
    owner,
  }) => {
    const { world_id } = await ashfall(owner);
    const page = await open(`/worlds/${world_id}`, { viewport: { width: 360, height: 500 } });
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await page.getByLabel("Title").fill("Mine");
    await owner.client.updateWorld({ world_id, title: "Theirs" });
    const save = page.getByRole("button", { name: "Save", exact: true });
    await save.press("Enter");
    const conflict = page.getByRole("alert").filter({ hasText: "Title was changed elsewhere" });
    const hasFocus = () => conflict.evaluate((element) => element === document.activeElement);
    await expect.poll(hasFocus).toBe(true);
    const inView = () =>
      conflict.evaluate((element) => {
        const { top, bottom } = element.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      });
    await expect.poll(inView).toBe(true);
    await save.press("Enter"); // not without an answer, which it goes to again
    await expect.poll(hasFocus).toBe(true);
    await conflict.getByRole("button", { name: "Keep mine" }).press("Enter");
    const title = page.getByLabel("Title");
    expect(await title.evaluate((input) => input === document.activeElement)).toBe(true);
    await save.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Mine" }).waitFor();
  });
});

const focusIs = (page: Page, text: string) =>
  expect.poll(() => page.evaluate(() => document.activeElement?.textContent?.trim())).toBe(text);
