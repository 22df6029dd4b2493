import sharp from "sharp";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { character, damagedCharacter } from "../support/pieceDrafts.ts";
import { expectAccessibleEverywhere } from "../support/studio.ts";
import { fileOf } from "../support/uploadRequests.ts";
import { cardOf, failRequests, test } from "../support/worldPages.ts";

describe("Portraits of a world", () => {
  test("are generated again one by one, and the replaced one can be brought back", async ({
    owner,
    openAshfall,
  }) => {
    const { page, world_id, url } = await openAshfall();
    const mira = cardOf(page, "Mira");
    const portrait = mira.getByRole("img", { name: "Portrait of Mira" });
    const address = () => portrait.getAttribute("src");
    await mira.getByRole("button", { name: "New portrait of Mira" }).click();
    await expect.poll(address).toMatch(/_portrait_v2\.png$/);

    await mira.getByRole("button", { name: "More actions for Mira" }).click();
    await mira.getByRole("button", { name: "Earlier portraits of Mira" }).click();
    const dialog = page.getByRole("dialog", { name: "Earlier portraits of Mira" });
    expect(await dialog.getByRole("img").getAttribute("src")).toBe(url);
    await dialog.getByText(/^Replaced just now, kept until /).waitFor();
    await expectAccessibleEverywhere(page);
    await dialog.getByRole("button", { name: "Bring back earlier portrait 1" }).click();
    await dialog.waitFor({ state: "detached" });
    await expect.poll(address).toBe(url);
    const { world } = await owner.client.getWorld({ world_id });
    expect(world.pieces[0]!.details.image_portrait).toBe(url);
  });

  test("are not generated twice when one could not be saved: a reload still offers it", async ({
    studio,
    openAshfall,
  }) => {
    const { page } = await openAshfall();
    const mira = cardOf(page, "Mira");
    const repair = await failRequests(page, studio.origin, "PUT", "/portrait");
    await mira.getByRole("button", { name: "New portrait of Mira" }).click();
    await mira.getByRole("alert").waitFor();
    const [error, card] = await Promise.all([
      mira.getByRole("alert").boundingBox(),
      mira.boundingBox(),
    ]);
    expect(error!.x - card!.x).toBeGreaterThan(12);
    expect(card!.x + card!.width - error!.x - error!.width).toBeGreaterThan(12);

    await page.reload();
    await mira.getByText("A new portrait was generated and is not saved.").waitFor();
    await repair();
    await mira.getByRole("button", { name: "Save it" }).click();
    const portrait = mira.getByRole("img", { name: "Portrait of Mira" });
    await expect.poll(() => portrait.getAttribute("src")).toMatch(/_portrait_v2\.png$/);
    await expect.poll(() => mira.getByText("is not saved").count()).toBe(0);
  });

  test("say that their world was deleted, when it was deleted elsewhere", async ({
    owner,
    openAshfall,
  }) => {
    await owner.client.upload(fileOf(await png(128), "owl.png"));
    const { page, world_id } = await openAshfall();
    await cardOf(page, "Mira").getByRole("button", { name: "Replace portrait of Mira" }).click();
    await owner.client.deleteWorld({ world_id });
    await page.getByRole("dialog").getByRole("button", { name: "owl.png" }).click();
    await page.getByRole("heading", { level: 1, name: "This world was deleted" }).waitFor();
    expect(await page.getByText(/check the ids/).count()).toBe(0);
  });

  test("go on being generated while another page is shown", async ({ studio, openAshfall }) => {
    const { page } = await openAshfall();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route(`${studio.stack.stream}**`, async (route) => {
      await held;
      await route.continue();
    });
    await cardOf(page, "Mira").getByRole("button", { name: "New portrait of Mira" }).click();
    await cardOf(page, "Mira").getByText("Generating a portrait…").waitFor();
    await page.getByRole("link", { name: "Images" }).click();
    await page.getByRole("heading", { level: 1, name: "Images" }).waitFor();
    release();
    await page.getByRole("link", { name: "Worlds" }).click();
    await page.getByRole("link", { name: "Ashfall" }).click();
    const portrait = cardOf(page, "Mira").getByRole("img", { name: "Portrait of Mira" });
    await expect.poll(() => portrait.getAttribute("src")).toMatch(/_portrait_v2\.png$/);
  });

  test("have a square frame when they are missing, and keep the face when they are tall", async ({
    open,
    owner,
  }) => {
    const broken = await damagedCharacter("Mira");
    const size = { width: 200, height: 600, channels: 3 as const };
    const tallPng = await sharp({ create: { ...size, background: "#7a4b2f" } })
      .png()
      .toBuffer();
    const tall = await character("Tall", tallPng);
    const { world } = await owner.client.createWorld({ theme: "norse", pieces: [broken, tall] });
    await owner.client.waitForPortraits(world.world_id);
    const page = await open(`/worlds/${world.world_id}`);
    for (const width of [320, 1_280]) {
      await page.setViewportSize({ width, height: 800 });
      const frame = cardOf(page, "Mira")
        .getByText(/damaged/)
        .locator("xpath=..");
      const box = (await frame.boundingBox())!;
      expect(Math.abs(box.width - box.height)).toBeLessThan(1.5);
    }
    const position = await cardOf(page, "Tall")
      .getByRole("img")
      .evaluate((image) => getComputedStyle(image).objectPosition);
    expect(Number.parseFloat(position.split(" ")[1]!)).toBeLessThanOrEqual(25);
  });
});
