import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import {
  cardNames,
  fakeStream,
  fillForm,
  generate,
  poll,
  reload,
  test,
} from "../support/createPage.ts";

describe("Two tabs with the Create page", () => {
  test("merge what is made and typed in both", async ({ open }) => {
    const page = await open("/");
    const other = await anotherTab(page);
    await Promise.all([generate(page, "Norse", 1), other.getByLabel("Theme").first().waitFor()]);
    const [first] = await cardNames(page);
    await card(page, first!).getByRole("button", { name: "Keep" }).click();
    await card(other, first!).getByRole("button", { name: "Kept" }).waitFor();
    await other.getByRole("img", { name: `Portrait of ${first}` }).waitFor();

    await generateMore(other);
    await poll(() => cardNames(page)).toHaveLength(2);
    await Promise.all([
      page.getByLabel("Title").fill("Ashfall"),
      other.getByLabel("Story").fill("It has been snowing ash."),
      card(page, first!).getByRole("button", { name: "Edit" }).click(),
    ]);
    await page.getByRole("textbox", { name: "Name" }).fill("Mira");
    await card(other, "Mira").waitFor();
    for (const tab of [page, other]) {
      await poll(() => tab.getByLabel("Title").inputValue()).toBe("Ashfall");
      await poll(() => tab.getByLabel("Story").inputValue()).toBe("It has been snowing ash.");
    }
    await reload(other);
    await poll(() => cardNames(other)).toMatchObject(["Mira", {}]);
    expect(await other.getByLabel("Title").inputValue()).toBe("Ashfall");
    await page.bringToFront();
    await page.getByRole("button", { name: "Done" }).click();
    await page.keyboard.press("Control+z");
    await card(other, first!).waitFor();
  });

  test("show a generation that runs in one of them, which the other can stop", async ({ open }) => {
    const page = await open("/");
    await fillForm(page, "Deep sea", 2);
    const other = await anotherTab(page);
    const stream = await fakeStream(page);
    await page.getByRole("button", { name: "Generate" }).click();
    await other.getByText("Writing 2 characters… It runs in another tab.").waitFor();
    await stream.emitCharacter(0, "Nerida");
    await card(other, "Nerida").waitFor();
    await stream.emitPortrait(0);
    await other.getByRole("img", { name: "Portrait of Nerida" }).waitFor();
    await other.getByRole("button", { name: "Stop" }).click();
    for (const tab of [page, other]) await tab.getByText("1 character ready").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("keep what had arrived when the tab that generated is closed", async ({ open }) => {
    const page = await open("/");
    const closed = await anotherTab(page);
    await fillForm(closed, "Deep sea", 2);
    const stream = await fakeStream(closed);
    await closed.getByRole("button", { name: "Generate" }).click();
    await stream.emitCharacter(0, "Nerida");
    await card(page, "Nerida").waitFor();
    await closed.close();
    await page.getByText("The generation was interrupted: 1 of 2 characters arrived.").waitFor();
    expect(await cardNames(page)).toEqual(["Nerida"]);
  });

  test("are empty when everything is deleted in a third, and nothing stays in the browser", async ({
    openGenerated,
  }) => {
    const page = await openGenerated("Norse", 1);
    await page.getByLabel("Title").fill("Ashfall");
    const other = await anotherTab(page);
    await other.getByRole("article").waitFor();
    const third = await page.context().newPage();
    await third.goto("/you");
    await third.getByRole("button", { name: "Delete everything…" }).click();
    const dialog = third.getByRole("dialog");
    await dialog.getByRole("textbox").fill("delete");
    await dialog.getByRole("button", { name: "Delete everything" }).click();
    await third.getByRole("button", { name: "Done" }).click();
    for (const tab of [page, other]) {
      await tab.getByRole("article").waitFor({ state: "detached" });
      await tab.reload();
      await tab.getByRole("button", { name: "Generate", exact: true }).waitFor();
      expect(await tab.getByRole("article").count()).toBe(0);
    }
    await poll(() => storedKeys(page)).toEqual([]);
  });
});

async function anotherTab(page: Page): Promise<Page> {
  const other = await page.context().newPage();
  await other.goto("/");
  await other.getByRole("heading", { level: 1 }).waitFor();
  return other;
}

async function generateMore(page: Page) {
  await page.getByLabel("How many").selectOption("1");
  await page.getByRole("button", { name: "Generate again" }).click();
  await page.getByText("2 characters ready").waitFor();
}

const card = (page: Page, name: string) => page.getByRole("article", { name, exact: true });

/** The keys of what the Create page stores. */
const storedKeys = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        const opening = indexedDB.open("keyval-store");
        opening.onsuccess = () => {
          const keys = opening.result.transaction("keyval").objectStore("keyval").getAllKeys();
          keys.onsuccess = () => {
            opening.result.close();
            resolve(keys.result.map(String).filter((key) => /drafts|portrait/.test(key)));
          };
        };
      }),
  );
