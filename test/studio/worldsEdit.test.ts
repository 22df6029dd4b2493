import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { errorResponse } from "../support/errorResponse.ts";
import { png } from "../support/images.ts";
import { expectAccessibleEverywhere } from "../support/studio.ts";
import { fileOf } from "../support/uploadRequests.ts";
import { failRequests, test } from "../support/worldPages.ts";

describe("Editing a world", () => {
  test("saves title, theme and story, and gives the focus back", async ({ owner, openAshfall }) => {
    const { page, world_id } = await openAshfall();
    const edit = editButton(page);
    await edit.click();
    const title = page.getByLabel("Title");
    expect(await title.evaluate((input) => input === document.activeElement)).toBe(true);
    await title.fill("  Emberfall ");
    await page.getByLabel("Theme").first().fill("volcanic");
    await page.getByLabel("Story").fill("Ash, then fire.\n\nThen quiet.");
    await save(page);

    await page.getByRole("heading", { level: 1, name: "Emberfall" }).waitFor();
    await page.getByText("Then quiet.").waitFor();
    await expect.poll(() => page.getByLabel("Title").count()).toBe(0);
    expect(await edit.evaluate((button) => button === document.activeElement)).toBe(true);
    const { world } = await owner.client.getWorld({ world_id });
    expect(world).toMatchObject({
      title: "Emberfall",
      theme: "volcanic",
      story: "Ash, then fire.\n\nThen quiet.",
    });
  });

  test("chooses the picture of a world and removes it", async ({ owner, openAshfall }) => {
    await owner.client.upload(fileOf(await png(400, "#225545"), "coast.png"));
    const { page, world_id } = await openAshfall();
    await startEditing(page);
    await page.getByRole("button", { name: "Choose a picture" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "coast.png" }).click();
    await page.getByRole("img", { name: "Picture of Ashfall" }).waitFor();

    await page.getByRole("button", { name: "Remove the picture" }).click();
    await page.getByRole("button", { name: "Choose a picture" }).waitFor();
    expect((await owner.client.getWorld({ world_id })).world.image).toBe(null);
  });

  test("keeps what was typed when the page is reloaded at once, and shows it as not saved", async ({
    openAshfall,
  }) => {
    const { page } = await openAshfall();
    await startEditing(page);
    await page.getByLabel("Story").fill("A long night's work");
    await page.reload();
    await page.getByText("Not saved, kept in this browser").waitFor();
    expect(await page.getByLabel("Story").inputValue()).toBe("A long night's work");
    await page.goto("/worlds");
    await page.getByText("Unsaved changes").waitFor();
    await page.getByRole("link", { name: "Ashfall" }).click();
    await page.getByRole("button", { name: "Discard", exact: true }).click();
    await page.getByText("It has been snowing ash.").waitFor();
    await page.reload();
    await page.getByText("It has been snowing ash.").waitFor();
  });

  test("keeps what was typed when a request fails, and saves it then", async ({
    studio,
    openAshfall,
  }) => {
    const { page } = await openAshfall();
    const repair = await failRequests(page, studio.origin, "PATCH", "/worlds/*");
    await startEditing(page);
    await page.getByLabel("Title").fill("Emberfall");
    await save(page);
    await page.getByRole("alert").getByText("Nothing of yours is lost").waitFor();
    expect(await page.getByLabel("Title").inputValue()).toBe("Emberfall");
    await repair();
    await save(page);
    await page.getByRole("heading", { level: 1, name: "Emberfall" }).waitFor();
  });

  test("keeps what was typed when the session ends", async ({ studio, owner, openAshfall }) => {
    const { page, world_id } = await openAshfall();
    await startEditing(page);
    await page.getByLabel("Title").fill("Emberfall");
    await page.route("**/worlds/*", (route) =>
      route.fulfill(errorResponse(studio, 401, "token.refused")),
    );
    await save(page);
    await page.getByText("Your session ended").waitFor();
    await page.unroute("**/worlds/*");
    await page.getByLabel("Your name").fill(owner.sub);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.goto(`/worlds/${world_id}`);
    expect(await page.getByLabel("Title").inputValue()).toBe("Emberfall");
  });

  test("shows in a second tab what is typed in the first", async ({ owner, openAshfall }) => {
    const { page, world_id } = await openAshfall();
    const second = await page.context().newPage();
    await second.goto(`/worlds/${world_id}`);
    await second.getByRole("heading", { name: "Ashfall" }).waitFor();
    await startEditing(page);
    await page.getByLabel("Title").fill("From the first tab");
    await second.getByText("Not saved, kept in this browser").waitFor();
    await second.getByLabel("Story").fill("From the second tab");

    await expect.poll(() => page.getByLabel("Story").inputValue()).toBe("From the second tab");
    await save(page);
    await page.getByRole("heading", { level: 1, name: "From the first tab" }).waitFor();
    await expect.poll(() => second.getByLabel("Title").count()).toBe(0);
    const { world } = await owner.client.getWorld({ world_id });
    expect(world).toMatchObject({ title: "From the first tab", story: "From the second tab" });
  });

  test("overwrites nothing that was changed elsewhere meanwhile: it shows both texts", async ({
    owner,
    openAshfall,
  }) => {
    const { page, world_id } = await openAshfall();
    await startEditing(page);
    await page.getByLabel("Title").fill("Mine");
    await page.getByLabel("Story").fill("My story");
    await owner.client.updateWorld({ world_id, title: "Theirs", theme: "elsewhere" });
    await save(page);

    const conflict = page.getByRole("alert").filter({ hasText: "Title was changed elsewhere" });
    await conflict.getByText("Theirs").waitFor();
    expect((await owner.client.getWorld({ world_id })).world.title).toBe("Theirs");
    await expectAccessibleEverywhere(page);
    await conflict.getByRole("button", { name: "Keep mine" }).click();
    await save(page);
    await page.getByRole("heading", { level: 1, name: "Mine" }).waitFor();
    const { world } = await owner.client.getWorld({ world_id });
    expect(world).toMatchObject({ title: "Mine", story: "My story", theme: "elsewhere" });
  });

  test("says that a world was deleted elsewhere, and gives back what was typed", async ({
    owner,
    openAshfall,
  }) => {
    const { page, world_id } = await openAshfall();
    await startEditing(page);
    await page.getByLabel("Story").fill("A story that is not read yet");
    await owner.client.deleteWorld({ world_id });
    await save(page);

    await page.getByRole("heading", { name: "This world was deleted" }).waitFor();
    await page.getByText("A story that is not read yet").waitFor();
    await page.getByRole("button", { name: "Copy text" }).waitFor();
    await expectAccessibleEverywhere(page);
    await page.getByRole("button", { name: "Discard" }).click();
    await expect.poll(() => page.getByText("A story that is not read yet").count()).toBe(0);
  });

  test("asks before signing out deletes what was typed from this browser", async ({
    openAshfall,
  }) => {
    const { page } = await openAshfall();
    await startEditing(page);
    await page.getByLabel("Title").fill("Private");
    await page.getByRole("button", { name: /your account/ }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    const question = page.getByRole("dialog");
    await question.getByText(/unsaved changes of “Ashfall”/).waitFor();
    await question.getByRole("button", { name: /^Sign out/ }).click();
    await expect
      .poll(() => page.evaluate(() => JSON.stringify({ ...localStorage })))
      .not.toContain("Private");
  });
});

const editButton = (page: Page) => page.getByRole("button", { name: "Edit", exact: true });
const startEditing = (page: Page) => editButton(page).click();
const save = (page: Page) => page.getByRole("button", { name: "Save", exact: true }).click();
