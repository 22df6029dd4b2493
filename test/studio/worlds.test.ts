import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { jumpToEnd } from "../support/jumps.ts";
import { damagedCharacter } from "../support/pieceDrafts.ts";
import { expectAccessibleEverywhere } from "../support/studio.ts";
import { fileOf } from "../support/uploadRequests.ts";
import { ashfall, closeReceipt, copiedText, failRequests, test } from "../support/worldPages.ts";

describe("Worlds", () => {
  test("lists worlds, newest first, and loads more on scrolling", async ({ open, owner }) => {
    for (let n = 1; n <= 14; n += 1)
      await owner.client.createWorld({
        theme: "norse",
        title: `World ${n}`,
        pieces: [{ type: "relic", name: "A bell", description: "It hums.", details: {} }],
      });
    const page = await open("/worlds");
    const titles = page.getByRole("list", { name: "Worlds" }).getByRole("heading");
    await expect.poll(() => titles.count()).toBeGreaterThan(0);
    expect(await titles.first().innerText()).toBe("World 14");

    await jumpToEnd(page);
    await expect.poll(() => titles.count()).toBe(14);
    expect(await titles.last().innerText()).toBe("World 1");
  });

  test("shows a world with its pieces and portraits, and copies their addresses", async ({
    open,
    owner,
  }) => {
    const { world_id, url } = await ashfall(owner);
    const page = await open("/worlds");
    await page.getByRole("link", { name: "Ashfall" }).click();

    await page.getByRole("heading", { name: "Ashfall" }).waitFor();
    await page.getByText("2 pieces, 1 portrait").waitFor();
    await page.getByText("It has been snowing ash.").waitFor();
    const mira = page.getByRole("article", { name: "Mira" });
    expect(await mira.getByRole("img").getAttribute("src")).toBe(url);
    await mira.getByRole("button", { name: "Copy address of Mira" }).click();
    await mira.getByText("Copied").waitFor();
    expect(await copiedText(page)).toBe(url);
    expect(new URL(page.url()).pathname).toBe(`/worlds/${world_id}`);
    const bell = page.getByRole("article", { name: "A bell" });
    expect(await bell.getByRole("img").count()).toBe(0);
    expect(await bell.getByText("relic").count()).toBe(1);
  });

  test("shows the picture of a world, in the list and on its page", async ({ open, owner }) => {
    const { image_id, url } = await owner.client.upload(fileOf(await png(400, "#225545")));
    await owner.client.updateImage({ image_id, alt: "The coast in winter" });
    const { world_id } = await ashfall(owner);
    await owner.client.updateWorld({ world_id, image_id });
    const page = await open("/worlds");
    const cover = page.locator("article img");
    expect(await cover.first().getAttribute("src")).toBe(url);
    await page.getByRole("link", { name: "Ashfall" }).click();
    const picture = page.getByRole("img", { name: "The coast in winter" });
    expect(await picture.getAttribute("src")).toBe(url);
    await expectAccessibleEverywhere(page);
  });

  test("replaces a portrait with an image that is uploaded in the picker", async ({
    owner,
    openAshfall,
  }) => {
    const { page, url } = await openAshfall();
    const mira = page.getByRole("article", { name: "Mira" });
    await mira.getByRole("button", { name: "Replace portrait of Mira" }).click();
    const dialog = page.getByRole("dialog", { name: "A portrait for Mira" });
    await dialog.getByLabel("Upload an image").setInputFiles({
      name: "owl.png",
      mimeType: "image/png",
      buffer: await png(200, "#225544"),
    });

    await dialog.waitFor({ state: "detached" });
    const portrait = mira.getByRole("img", { name: "Portrait of Mira" });
    const address = () => portrait.getAttribute("src");
    await expect.poll(address).toMatch(/_portrait_v2\.png$/);
    expect(await address()).not.toBe(url);
    const { images } = await owner.client.listImages();
    expect(images).toMatchObject([{ filename: "owl.png" }]);
  });

  test("shows why a portrait was rejected, and accepts another", async ({ open, owner }) => {
    const pieces = [await damagedCharacter("Mira")];
    const created = await owner.client.createWorld({ theme: "norse", pieces });
    const { world_id } = created.world;
    await owner.client.waitForPortraits(world_id);
    await owner.client.upload(fileOf(await png(128), "owl.png"));

    const page = await open(`/worlds/${world_id}`);
    const mira = page.getByRole("article", { name: "Mira" });
    await mira.getByText(/damaged/).waitFor();
    await mira.getByRole("button", { name: "Add a portrait of Mira" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "owl.png" }).click();
    await mira.getByRole("img", { name: "Portrait of Mira" }).waitFor();
  });

  test("deletes a world after confirmation, with a receipt", async ({ open, owner }) => {
    await ashfall(owner);
    const page = await open("/worlds");
    await page.getByRole("link", { name: "Ashfall" }).click();
    const remove = page.getByRole("button", { name: "Delete…" });
    await remove.click();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await remove.evaluate((element) => element === document.activeElement)).toBe(true);

    await remove.click();
    await page.getByRole("button", { name: "Delete world" }).click();
    await closeReceipt(page, owner, "Ashfall");

    await page.getByText("No worlds yet").waitFor();
    expect((await owner.client.listWorlds()).worlds).toEqual([]);
  });

  test("keeps the receipt of a deleted world whose portraits were pending", async ({
    open,
    owner,
    studio,
  }) => {
    const { world_id } = await ashfall(owner);
    const page = await open("/");
    await page.route(`${studio.stack.api}/worlds/${world_id}`, async (route) => {
      if (route.request().method() !== "GET") return route.fallback();
      const response = await route.fetch();
      if (!response.ok()) return route.fulfill({ response });
      const json = await response.json();
      json.world.pieces[0].portrait_status = "pending";
      return route.fulfill({ response, json });
    });
    await page.goto(`/worlds/${world_id}`);
    await deleteWorld(page);
    await page.waitForFunction(() => document.title.startsWith("This world was deleted"));
    await closeReceipt(page, owner, "Ashfall");
    await page.getByText("No worlds yet").waitFor();
  });

  test("shows an error when a deletion fails, and the world stays", async ({
    studio,
    owner,
    openAshfall,
  }) => {
    const { page } = await openAshfall();
    await failRequests(page, studio.origin, "DELETE", "/worlds/*");
    await deleteWorld(page);
    await page.getByRole("alert").getByText("Nothing of yours is lost").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    expect((await owner.client.listWorlds()).worlds).toHaveLength(1);
  });

  test("shows no world of another owner, and says when there is no such page", async ({
    openAshfall,
  }) => {
    const { page } = await openAshfall({ sub: "another owner" });
    await page.getByRole("heading", { name: "World not found" }).waitFor();
    await page.goto("/worlds/not-an-id");
    await page.getByRole("heading", { name: "World not found" }).waitFor();
    await page.goto("/wolrds");
    await page.getByRole("heading", { name: "Page not found" }).waitFor();
  });

  test("passes axe", async ({ open, owner }) => {
    const { world_id } = await ashfall(owner);
    const page = await open("/worlds");
    await page.getByRole("link", { name: "Ashfall" }).waitFor();
    await expectAccessibleEverywhere(page);
    await page.goto(`/worlds/${world_id}`);
    await page.getByRole("img", { name: "Portrait of Mira" }).waitFor();
    await expectAccessibleEverywhere(page);
    await deleteWorld(page);
    await page.getByRole("dialog", { name: "Deleted" }).waitFor();
    await expectAccessibleEverywhere(page);
  });
});

async function deleteWorld(page: Page) {
  await page.getByRole("button", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "Delete world" }).click();
}
