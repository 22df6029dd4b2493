import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { expectAccessibleEverywhere } from "../support/studio.ts";
import { cardOf, failRequests, loseResponses, test } from "../support/worldPages.ts";

describe("Adding characters to a world", () => {
  test("generates with the world's theme, keeps some over a reload, and adds them once", async ({
    studio,
    owner,
    openAshfall,
  }) => {
    const { page, world_id } = await openAshfall();
    await page.getByRole("button", { name: "Generate some" }).click();
    const form = page.getByRole("form", { name: "Generate characters" });
    expect(await form.getByLabel("Theme").inputValue()).toBe("norse");
    await form.getByLabel("What should they be like?").fill("Rivals of Mira");
    await form.getByLabel("How many").selectOption("2");
    await form.getByRole("button", { name: "Generate", exact: true }).click();
    await form.getByRole("button", { name: "Generate more" }).waitFor();
    const cards = page.getByRole("list", { name: "Generated characters" }).getByRole("article");
    const name = await cards.first().getByRole("heading").innerText();
    await cards
      .first()
      .getByRole("button", { name: `Keep ${name}` })
      .click();
    await expect.poll(() => generatedInBrowser(page)).toContain('"isKept":true');
    await page.reload();
    await cards.nth(1).waitFor();
    await expectAccessibleEverywhere(page);

    // they wait while the part is closed
    await page.getByRole("button", { name: "Generate some", exact: true }).click();
    await expect.poll(() => cards.count()).toBe(0);
    const waiting = page.getByRole("button", { name: "Generate some (2 not added)" });
    expect(await waiting.getAttribute("aria-expanded")).toBe("false");
    await waiting.click();
    await cards.nth(1).waitFor();

    const add = page.getByRole("button", { name: "Add to the world" });
    const repair = await loseResponses(page, studio.origin, "POST", "/pieces");
    await add.click();
    await page.getByRole("alert").waitFor();
    await repair();
    await add.click();
    await expect.poll(() => cards.count()).toBe(1);
    await cardOf(page, name)
      .getByRole("button", { name: /portrait of/ })
      .first()
      .waitFor();
    await page.getByRole("button", { name: "Discard the rest" }).click();
    await expect.poll(() => cards.count()).toBe(0);
    const world = await owner.client.waitForPortraits(world_id);
    expect(world.pieces.map((piece) => piece.name)).toEqual(["Mira", "A bell", name]);
    expect(world.pieces[2]!.details.image_portrait).toBeTruthy();
  });

  test("adds one that is written by hand, whose text no failure loses", async ({
    studio,
    owner,
    openAshfall,
  }) => {
    const { page, world_id } = await openAshfall();
    await page.getByRole("button", { name: "Write one" }).click();
    const form = page.getByRole("form", { name: "A new character" });
    await form.getByLabel("Name").fill("Ása");
    await form.getByLabel("Description").fill("She counts the boats.");
    await form.getByLabel(/Traits/).fill("Patient\nShort");
    const repair = await failRequests(page, studio.origin, "POST", "/pieces");
    await form.getByRole("button", { name: "Add to the world" }).click();
    await form.getByRole("alert").waitFor();
    await page.reload();
    expect(await form.getByLabel("Name").inputValue()).toBe("Ása");
    await repair();
    await form.getByRole("button", { name: "Add to the world" }).click();
    await cardOf(page, "Ása").getByText("She counts the boats.").waitFor();
    await form.waitFor({ state: "detached" });
    const { world } = await owner.client.getWorld({ world_id });
    expect(world.pieces[2]).toMatchObject({
      type: "character",
      name: "Ása",
      details: { traits: ["Patient", "Short"] },
    });
  });
});

/** What the browser stores of generated characters, as JSON. */
const generatedInBrowser = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<string>((resolve, reject) => {
        const opening = indexedDB.open("keyval-store");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const all = opening.result.transaction("keyval").objectStore("keyval").getAll();
          all.onsuccess = () => {
            opening.result.close();
            resolve(JSON.stringify(all.result));
          };
        };
      }),
  );
