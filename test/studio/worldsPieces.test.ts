import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { expectAccessibleEverywhere } from "../support/studio.ts";
import { cardOf, closeReceipt, test } from "../support/worldPages.ts";

describe("A character of a world", () => {
  test("is edited in its card: name, description, details and a new detail", async ({
    owner,
    openAshfall,
  }) => {
    const { page, world_id, url } = await openAshfall();
    await openEditor(page, "Mira");
    const form = page.getByRole("form", { name: "Mira" });
    await form.getByLabel("Name").fill("Mira of the Light");
    await form.getByLabel("Description").fill("She has never left.");
    await form.getByLabel(/Traits/).fill("Fearless\nTired\n");
    await form.getByLabel("Another detail").fill("Home town");
    await form.getByRole("button", { name: "Add", exact: true }).click();
    await form.getByLabel("Home town").fill("The skerries");
    await expectAccessibleEverywhere(page);
    await form.getByRole("button", { name: "Save" }).click();

    const card = cardOf(page, "Mira of the Light");
    await card.getByText("She has never left.").waitFor();
    const edit = card.getByRole("button", { name: "Edit Mira of the Light" });
    await expect
      .poll(() => edit.evaluate((button) => button === document.activeElement))
      .toBe(true);
    const { world } = await owner.client.getWorld({ world_id });
    const { image_portrait, image_portrait_variants: _, ...details } = world.pieces[0]!.details;
    expect(details).toEqual({ traits: ["Fearless", "Tired"], home_town: "The skerries" });
    expect(image_portrait).toBe(url);
  });

  test("keeps details that are no text, and those that were changed elsewhere meanwhile", async ({
    open,
    owner,
  }) => {
    const details = { age: 40, origin: { country: "norway" }, motto: "On.", oath: "None." };
    const piece = { type: "character" as const, name: "Kol", description: "Quiet.", details };
    const { world } = await owner.client.createWorld({ theme: "norse", pieces: [piece] });
    const { world_id } = world;
    const { piece_id } = world.pieces[0]!;
    const page = await open(`/worlds/${world_id}`);
    await openEditor(page, "Kol");
    const form = page.getByRole("form", { name: "Kol" });
    await form.getByLabel("Age").fill("41");
    await form.getByLabel("Motto").fill("");
    await owner.client.updatePiece({ world_id, piece_id, details: { ...details, oath: "One." } });
    await form.getByRole("button", { name: "Save" }).click();
    await form.waitFor({ state: "detached" });
    const after = (await owner.client.getWorld({ world_id })).world;
    expect(after.pieces[0]!.details).toEqual({
      age: 41,
      origin: { country: "norway" },
      oath: "One.",
    });
  });

  test("keeps what was typed over a reload, and shows both texts of a conflict", async ({
    owner,
    openAshfall,
  }) => {
    const { page, world_id, piece_id } = await openAshfall();
    await openEditor(page, "Mira");
    await page.getByLabel("Description").fill("Mine");
    await owner.client.updatePiece({ world_id, piece_id, description: "Theirs" });
    await page.reload();
    const conflict = page.getByRole("alert").filter({ hasText: "Description was changed" });
    await conflict.getByText("Theirs").waitFor();
    expect(await page.getByLabel("Description").inputValue()).toBe("Mine");
    await conflict.getByRole("button", { name: "Use that one" }).click();
    await cardOf(page, "Mira").getByText("Theirs").waitFor();
  });

  test("gets a new text beside the old one, which stays until the new one is taken", async ({
    owner,
    openAshfall,
  }) => {
    const { page, world_id, url } = await openAshfall();
    const mira = cardOf(page, "Mira");
    const more = mira.getByRole("button", { name: "More actions for Mira" });
    await more.click();
    await mira.getByRole("button", { name: "New text… of Mira" }).click();
    const dialog = page.getByRole("dialog", { name: "A new text for Mira" });
    await dialog.getByLabel("What should change?").fill("Older");
    await dialog.getByRole("button", { name: "Write a new text" }).click();
    const proposal = dialog.getByRole("region", { name: "The new text" });
    await dialog.getByRole("button", { name: "Use the new text" }).waitFor();
    await dialog.getByRole("region", { name: "The text now" }).getByText("lighthouse").waitFor();
    const proposed = await proposal.getByRole("paragraph").first().innerText();
    const before = (await owner.client.getWorld({ world_id })).world.pieces[0]!;
    expect(before.description).toBe("Mira keeps the lighthouse.");
    await expectAccessibleEverywhere(page);

    await page.reload(); // what was generated is not lost
    await mira.getByRole("button", { name: "Compare the new text of Mira" }).click();
    await dialog.getByLabel("Keep the name Mira").check();
    await dialog.getByRole("button", { name: "Use the new text" }).click();
    await dialog.waitFor({ state: "detached" });
    await mira.getByText(proposed).waitFor();
    const after = (await owner.client.getWorld({ world_id })).world.pieces[0]!;
    expect([after.name, after.description]).toEqual(["Mira", proposed]);
    expect(after.details.image_portrait).toBe(url);
  });

  test("is removed after confirmation, with a receipt", async ({ owner, openAshfall }) => {
    const { page, world_id } = await openAshfall();
    const mira = cardOf(page, "Mira");
    await mira.getByRole("button", { name: "More actions for Mira" }).click();
    await mira.getByRole("button", { name: "Remove… Mira" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Remove", exact: true }).click();
    await closeReceipt(page, owner, "Mira");
    await mira.waitFor({ state: "detached" });
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
    const { world } = await owner.client.getWorld({ world_id });
    expect(world.pieces.map(({ name }) => name)).toEqual(["A bell"]);
  });

  test("that was removed elsewhere gives back what was typed for it", async ({
    owner,
    openAshfall,
  }) => {
    const { page, world_id, piece_id } = await openAshfall();
    await openEditor(page, "Mira");
    await page.getByLabel("Description").fill("Her whole life, in a sentence");
    await owner.client.deletePiece({ world_id, piece_id });
    await page.getByRole("button", { name: "Save", exact: true }).click();
    const lost = page.getByRole("region", { name: "You wrote this and had not saved it" });
    await lost.getByText("Her whole life, in a sentence").waitFor();
    await cardOf(page, "Mira").waitFor({ state: "detached" });
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
  });
});

const openEditor = (page: Page, name: string) =>
  cardOf(page, name)
    .getByRole("button", { name: `Edit ${name}` })
    .click();
