import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { storedDrafts } from "../support/createPage.ts";
import { png } from "../support/images.ts";
import { test } from "../support/studio.ts";
import { fileOf } from "../support/uploadRequests.ts";

describe("deleting everything", () => {
  test("asks for a word, deletes all of the owner, and shows the receipt", async ({
    owner,
    open,
  }) => {
    await owner.client.upload(fileOf(await png(64)));
    await owner.client.createWorld(ashfall);
    const page = await open("/you");
    const dialog = await ask(page);
    const button = dialog.getByRole("button", { name: "Delete everything" });
    expect(await button.isDisabled()).toBe(true);
    await page.keyboard.type("delet"); // the field has the focus
    expect(await dialog.getByRole("textbox").inputValue()).toBe("delet");
    await page.keyboard.press("Enter");
    await dialog.getByRole("alert").getByText("Nothing was deleted.").waitFor();
    expect(await button.isDisabled()).toBe(true);
    expect((await owner.client.listImages()).images).toHaveLength(1);

    await dialog.getByRole("textbox").fill("Delete");
    await button.click();
    const receipt = page.getByRole("dialog", { name: "Deleted" });
    await receipt.getByText("Everything of yours was deleted.").waitFor();
    await receipt.getByText("within 90 seconds their addresses stop working").waitFor();
    expect(await receipt.getByText("0 objects").count()).toBe(0);
    await receipt.getByRole("button", { name: "Done" }).click();
    expect((await owner.client.listImages()).images).toEqual([]);
    const receipts = page.getByRole("region", { name: "Receipts of deletions" });
    await receipts.getByRole("heading", { name: "Everything of yours" }).waitFor();
    await page.getByRole("link", { name: "Worlds" }).click();
    await page.getByText("No worlds yet").waitFor();
  });

  test("stops uploads that are running, and leaves none that say they are kept", async ({
    owner,
    open,
    studio,
  }) => {
    const page = await open("/images");
    await page.route(`${studio.uploads}/**`, async (route) => {
      await new Promise((resume) => setTimeout(resume, 1_500));
      await route.continue().catch(() => {}); // it was cancelled
    });
    const buffer = await png(64);
    await page
      .locator('input[type="file"]')
      .first()
      .setInputFiles([{ name: "late.png", mimeType: "image/png", buffer }]);
    await page.getByText("late.png").first().waitFor();
    await page.getByRole("button", { name: owner.sub }).click();
    await page.getByRole("link", { name: "You", exact: true }).click();
    await confirm(page);
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByRole("link", { name: "Images" }).click();
    await page.getByRole("heading", { name: "Images", level: 1 }).waitFor();
    await page.waitForTimeout(2_500); // longer than the upload would take
    expect(await page.getByText("late.png").count()).toBe(0);
    expect((await owner.client.listImages()).images).toEqual([]);
  });

  test("deletes what this browser has of the person, also what other tabs show", async ({
    owner,
    open,
  }) => {
    await owner.client.createWorld(ashfall);
    const page = await open("/");
    const worlds = await page.context().newPage();
    await worlds.goto("/worlds");
    await worlds.getByText("Ashfall").first().waitFor();
    await page.getByRole("textbox", { name: "Theme" }).fill("Fantasy");
    await page.getByLabel("How many").selectOption("1");
    await page.getByRole("button", { name: "Generate" }).click();
    await page.getByText("1 character ready").waitFor();
    await expect.poll(async () => (await storedDrafts(page, owner.sub))?.drafts.length).toBe(1);
    const other = await page.context().newPage();
    await other.goto("/you");
    await other.getByRole("heading", { name: "You", level: 1 }).waitFor();
    await confirm(other);
    await other.getByRole("button", { name: "Done" }).click();
    await page.getByRole("article").waitFor({ state: "detached" });
    await worlds.getByText("No worlds yet").waitFor();
    const notice = worlds.getByRole("dialog", { name: "Everything was deleted" });
    await notice.getByText("You deleted everything in another tab").waitFor();
    await notice.getByRole("button", { name: "OK" }).click();
    await notice.waitFor({ state: "detached" });
    await page.waitForTimeout(500);
    await page.reload();
    await page.getByRole("heading", { name: "Who lives in your world?" }).waitFor();
    expect(await page.getByRole("article").count()).toBe(0);
  });

  test("shows why it failed, and deletes nothing of this browser then", async ({
    open,
    studio,
  }) => {
    const page = await open("/you");
    await page.route(`${studio.stack.api}/me`, (route) =>
      route.request().method() === "DELETE" ? route.abort() : route.continue(),
    );
    await confirm(page);
    await page.getByRole("dialog").getByRole("alert").waitFor();
    await page.unrouteAll();
    await page.getByRole("dialog").getByRole("button", { name: "Delete everything" }).click();
    await page.getByText("Everything of yours was deleted.").waitFor();
  });

  test("is not in the account menu, where signing out is", async ({ owner, open }) => {
    const page = await open("/worlds");
    await page.getByRole("button", { name: owner.sub }).click();
    const menu = page.locator("#account");
    expect(await menu.getByRole("button").allInnerTexts()).toEqual(["Sign out"]);
    await menu.getByRole("link", { name: "You" }).click();
    const headings = page.getByRole("main").getByRole("heading", { level: 2 });
    await headings.last().waitFor();
    expect(await headings.allInnerTexts()).toEqual([
      "Usage and limits",
      "Export everything",
      "Receipts of deletions",
      "Delete everything",
    ]);
  });
});

const ashfall = {
  theme: "ash",
  title: "Ashfall",
  pieces: [{ type: "relic" as const, name: "A bell", description: "It hums.", details: {} }],
};

async function ask(page: Page) {
  await page.getByRole("button", { name: "Delete everything…" }).click();
  return page.getByRole("dialog", { name: "Delete everything?" });
}

async function confirm(page: Page) {
  const dialog = await ask(page);
  await dialog.getByRole("textbox").fill("delete");
  await dialog.getByRole("button", { name: "Delete everything" }).click();
}
