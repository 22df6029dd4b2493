import { hash } from "node:crypto";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import {
  cardNames,
  fakeStream,
  fillForm,
  poll,
  reload,
  storedDrafts,
  test,
} from "../support/createPage.ts";
import { expectAccessibleEverywhere } from "../support/studio.ts";

describe("On the Create page, what was generated", () => {
  test("stays until the first new character has arrived, and comes back by Undo, also after a reload", async ({
    owner,
    openGenerated,
  }) => {
    const page = await openGenerated("Norse", 2);
    const before = await cardNames(page);
    const stream = await fakeStream(page);
    await generateAgain(page);
    await page.getByText("The earlier ones stay until the new ones arrive.").waitFor();
    expect(await cardNames(page)).toEqual(before);
    await stream.emitCharacter(0, "Nerida");
    await page.getByRole("article", { name: "Nerida" }).waitFor();
    expect(await cardNames(page)).toEqual(["Nerida"]);
    await stream.emit("done", {});
    await page.getByText("1 character ready").waitFor();
    await poll(async () => (await storedDrafts(page, owner.sub))?.drafts.length).toBe(1);

    await page.reload();
    await page.getByText("2 characters replaced").waitFor();
    await expectAccessibleEverywhere(page);
    await page.getByRole("button", { name: "Undo" }).click();
    await poll(() => cardNames(page)).toEqual(before);
    expect(await page.getByRole("img", { name: /^Portrait of/ }).count()).toBe(2);
    await page.getByRole("button", { name: "Redo" }).click();
    await poll(() => cardNames(page)).toEqual(["Nerida"]);
  });

  test("is not removed by a generation that fails", async ({ studio, openGenerated }) => {
    const page = await openGenerated("Norse", 2);
    const before = await cardNames(page);
    await page.route(`${studio.stack.stream}**`, (route) => route.abort());
    await generateAgain(page);
    await page.getByRole("alert").getByText("Keepsake does not answer right now").waitFor();
    expect(await cardNames(page)).toEqual(before);

    await page.unrouteAll();
    await page.getByRole("button", { name: "Generate them again" }).click();
    await page.getByText("2 characters replaced").waitFor();
    await page.getByText("2 characters ready").waitFor();
    expect(await cardNames(page)).not.toEqual(before);
  });

  test("keeps its earlier portraits when it is repainted, to step back and forth", async ({
    studio,
    openGenerated,
  }) => {
    const page = await openGenerated("Norse", 1);
    const portrait = page.getByRole("img", { name: /^Portrait of/ });
    const source = async () => hash("md5", (await portrait.getAttribute("src")) ?? "");
    const first = await source();
    await page.getByRole("button", { name: "Repaint", exact: true }).click();
    await page.getByText("Portrait 2 of 2").waitFor();
    await poll(source).not.toBe(first);
    const second = await source();
    await page.getByRole("button", { name: "Earlier portrait" }).click();
    await poll(source).toBe(first);
    await expectAccessibleEverywhere(page);
    await page.getByRole("button", { name: "Later portrait" }).click();
    await poll(source).toBe(second);
    await page.keyboard.press("Control+z");
    await poll(source).toBe(first);
    await reload(page);
    await poll(source).toBe(first);

    // one that is interrupted by a reload
    await page.route(`${studio.stack.stream}**`, () => {}); // never answers
    await page.getByRole("button", { name: "Repaint", exact: true }).click();
    await page.getByText("Repainting…").waitFor();
    await reload(page);
    await poll(source).toBe(first);
    await page.getByRole("button", { name: "Repaint", exact: true }).waitFor();
    expect(await page.getByText("Repainting…").count()).toBe(0);
  });

  test("comes back after it was removed, and texts and choices are undone by Ctrl+Z in their order", async ({
    openGenerated,
  }) => {
    const page = await openGenerated("Norse", 2);
    const before = await cardNames(page);
    const [first] = before;
    const firstCard = page.getByRole("article", { name: first!, exact: true });
    await firstCard.getByRole("button", { name: "Keep" }).click();
    await firstCard.getByRole("button", { name: "Edit" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("Mira");
    await page.getByLabel("Description").fill("Counts waves.");
    await page.keyboard.press("Control+z"); // that of the text field
    const mira = page.getByRole("article", { name: "Mira" });
    await page.getByLabel("Description").fill("Counts waves.");
    await mira.getByRole("button", { name: "Done" }).click();
    await mira.getByText("Counts waves.").waitFor();
    await mira.getByRole("button", { name: "Remove" }).click();
    await page.getByText("Mira removed").waitFor();
    expect(await cardNames(page)).toEqual(before.slice(1));

    await page.keyboard.press("Control+z");
    await mira.getByText("Counts waves.").waitFor();
    expect(await cardNames(page)).toEqual(["Mira", before[1]]);
    await page.keyboard.press("Control+z");
    await poll(() => cardNames(page)).toEqual(before);
    expect(await page.getByRole("button", { name: "Kept" }).count()).toBe(1);
    await page.keyboard.press("Control+z");
    await poll(() => page.getByRole("button", { name: "Kept" }).count()).toBe(0);
    await page.keyboard.press("Control+Shift+z");
    await poll(() => page.getByRole("button", { name: "Kept" }).count()).toBe(1);
  });

  test("and was not kept comes back by Undo after the world was created", async ({
    openGenerated,
  }) => {
    const page = await openGenerated("Norse", 2);
    const [, second] = await cardNames(page);
    await page.getByRole("button", { name: "Keep", exact: true }).first().click();
    await page.getByRole("button", { name: "Create world" }).click();
    await page.getByText(/^\d+ portraits? saved$/).waitFor();
    await page.getByRole("button", { name: "Start another" }).click();
    await page.getByText(`${second} not kept`).waitFor();
    expect(await page.getByRole("article").count()).toBe(0);
    await page.getByRole("button", { name: "Undo" }).click();
    await poll(() => cardNames(page)).toEqual([second]);
  });

  test("never leaves the focus on nothing", async ({ openGenerated }) => {
    const page = await openGenerated("Norse", 1);
    await press(page, "Keep all");
    expect(await focused(page)).toBe("Keep none");
    await press(page, "Remove");
    await poll(() => focused(page)).toBe("Undo");
    await page.keyboard.press("Enter");
    await page.getByRole("article").waitFor();
    const stream = await fakeStream(page);
    await press(page, "Repaint");
    expect(await focused(page)).toBe("Repaint");
    await stream.emitPortrait(0);
    await page.getByText("Portrait 2 of 2").waitFor();
    expect(await focused(page)).toBe("Repaint");
    await press(page, "Create world");
    await page.getByRole("heading", { name: "is created" }).waitFor();
    expect(await focused(page)).toBe("Your world is created");
  });
});

async function generateAgain(page: Page) {
  await fillForm(page, "Steampunk", 2);
  await page.getByRole("button", { name: "Generate again" }).click();
}

async function press(page: Page, name: string) {
  await page.getByRole("button", { name, exact: true }).focus();
  await page.keyboard.press("Enter");
}

const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent?.trim());
