import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import {
  fakeStream,
  generate,
  newestWorld,
  sentToStream,
  storedDrafts,
  test,
  themeField,
} from "../support/createPage.ts";
import { errorResponse } from "../support/errorResponse.ts";
import { png } from "../support/images.ts";
import { expectAccessible, expectAccessibleEverywhere } from "../support/studio.ts";
import { fileOf } from "../support/uploadRequests.ts";

const small = { viewport: { width: 360, height: 740 } };

describe("Create", () => {
  test("goes from a theme to saved portraits without a flash", async ({ owner, openGenerated }) => {
    const page = await openGenerated("Norse", 3);
    expect(await page.getByRole("article").count()).toBe(3);
    const first = page.getByRole("article").first();
    const name = await first.getByRole("heading").innerText();
    const portrait = page.getByRole("img", { name: `Portrait of ${name}` });
    expect(await portrait.getAttribute("src")).toMatch(/^data:image\/png;base64,/);

    await first.getByRole("button", { name: "Keep" }).click();
    await page.getByLabel("Title").fill("Ashfall");
    await page.getByLabel("Story").fill("It has been snowing ash.");
    const isWhole = await watchForFlashes(page, name);
    await page.getByRole("button", { name: "Create world" }).click();

    await page.getByText("1 portrait saved").waitFor();
    const { worlds } = await owner.client.listWorlds();
    expect(worlds).toMatchObject([
      { theme: "Norse", title: "Ashfall", story: "It has been snowing ash." },
    ]);
    const { world } = await owner.client.getWorld({ world_id: worlds[0]!.world_id });
    expect(world.pieces.map((piece) => piece.name)).toEqual([name]);
    const url = world.pieces[0]!.details.image_portrait;
    expect(await portrait.getAttribute("src")).toBe(url);
    expect(
      await page.getByRole("article", { name }).getByText("Saved", { exact: true }).count(),
    ).toBe(1);
    expect(await isWhole()).toBe(true);
  });

  test("shows a card for each character at once, text before portrait", async ({ open }) => {
    const page = await open("/");
    // the test emits one event at a time, so that each state can be seen
    const stream = await fakeStream(page);
    await themeField(page).fill("deep sea");
    await page.getByLabel("How many").selectOption("2");
    await page.getByRole("button", { name: "Generate" }).click();

    const cards = page.getByRole("article");
    await cards.nth(1).waitFor();
    expect(await cards.count()).toBe(2);
    expect(await cards.first().getAttribute("aria-label")).toBe("Character 1");
    await page.getByText("Writing 2 characters…").waitFor();
    await stream.emitCharacter(0, "Nerida");
    const nerida = page.getByRole("article", { name: "Nerida" });
    await nerida.getByText("Dives for bells.").waitFor();
    expect(await nerida.getAttribute("aria-busy")).toBe("true");
    expect(await nerida.getByRole("img").count()).toBe(0);

    await stream.emitCharacter(1, "Otto");
    await stream.emitPortrait(0);
    await nerida.getByRole("img", { name: "Portrait of Nerida" }).waitFor();
    await page.getByText("1 of 2 portraits generated…").waitFor();
    await stream.emit("portrait_error", { index: 1, portrait_error: "refused" });
    await page
      .getByRole("article", { name: "Otto" })
      .getByText(/generator refused/)
      .waitFor();
    await stream.emit("done", {});
    await page.getByText("2 characters ready").waitFor();
  });

  test("keeps kept characters through another generation, and creates the world from those alone", async ({
    openGenerated,
  }) => {
    const page = await openGenerated("Fantasy", 2);
    const kept = await page.getByRole("article").getByRole("heading").first().innerText();
    const create = page.getByRole("button", { name: "Create world" });
    expect(await create.isDisabled()).toBe(true);
    await page.getByRole("article", { name: kept }).getByRole("button", { name: "Keep" }).click();

    await page.getByRole("button", { name: "Generate again" }).click();
    await page.getByText("3 characters ready").waitFor();
    expect(await page.getByRole("article").getByRole("heading").first().innerText()).toBe(kept);
    await page.getByRole("navigation").getByRole("link", { name: "Worlds" }).click();
    await page.getByText("No worlds yet").waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "Create" }).click();
    await create.click();

    await page.getByRole("link", { name: "Open the world" }).click();
    await page.getByRole("article", { name: kept }).waitFor();
    expect(await page.getByRole("article").count()).toBe(1);
  });

  test("stores drafts in the browser across a reload, until their owner signs out", async ({
    owner,
    openGenerated,
  }) => {
    const page = await openGenerated("Fantasy", 1);
    const name = await page.getByRole("article").getByRole("heading").innerText();
    await page.getByRole("button", { name: "Keep", exact: true }).click();
    await page.getByLabel("Title").fill("Ashfall");
    await expect.poll(() => storedDrafts(page, owner.sub)).toMatchObject({ title: "Ashfall" });
    await page.reload();
    await page.getByRole("img", { name: `Portrait of ${name}` }).waitFor();
    expect(await page.getByRole("button", { name: "Kept" }).count()).toBe(1);
    expect(await page.getByLabel("Title").inputValue()).toBe("Ashfall");
    expect(await themeField(page).inputValue()).toBe("Fantasy");

    await page.getByRole("button", { name: owner.sub }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign out anyway" }).click();
    await page.getByLabel("Your name").fill(owner.sub);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Who lives in your world?" }).waitFor();
    expect(await storedDrafts(page, owner.sub)).toBeUndefined();
    expect(await page.getByRole("article").count()).toBe(0);
  });

  test("repaints a portrait, and keeps the previous one when that fails", async ({
    studio,
    openGenerated,
  }) => {
    const page = await openGenerated("Norse", 1);
    const portrait = page.getByRole("img", { name: /^Portrait of/ });
    const before = await portrait.getAttribute("src");
    const repaint = page.getByRole("button", { name: "Repaint", exact: true });

    await repaint.click();
    await expect.poll(() => portrait.getAttribute("src")).not.toBe(before);
    const after = await portrait.getAttribute("src");

    await page.route(`${studio.stack.stream}**`, (route) => route.abort());
    await repaint.click();
    await page.getByText("Keepsake does not answer right now").waitFor();
    expect(await portrait.getAttribute("src")).toBe(after);
  });

  test("uses one of the owner's images as a portrait and as a reference", async ({
    open,
    owner,
    studio,
  }) => {
    const image = await owner.client.upload(fileOf(await png(128), "owl.png"));
    const page = await open("/");
    const requests = sentToStream(page, studio.stack.stream);
    await page.getByRole("button", { name: "Use one of my images as a reference" }).click();
    await page.getByRole("button", { name: "owl.png" }).click();
    await page.getByText("Reference: owl.png").waitFor();
    await themeField(page).fill("Fantasy");
    await page.getByRole("button", { name: "Generate" }).click();
    // the offline generator rejects references, which this test ignores
    await expect.poll(() => requests).toMatchObject([{ reference_image_id: image.image_id }]);

    await page.getByRole("button", { name: "Remove the reference image" }).click();
    await generate(page, "Fantasy", 1);
    await page.getByRole("button", { name: "Use one of my images as the portrait" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "owl.png" }).click();
    await page.getByText("Your image").waitFor();
    await page.getByRole("button", { name: "Keep", exact: true }).click();
    await page.getByRole("button", { name: "Create world" }).click();

    await page.getByText("Saved", { exact: true }).waitFor();
    const world = await newestWorld(owner);
    expect(world.pieces).toMatchObject([{ portrait_status: "published" }]);
  });

  test("shows an error when the server fails, and creates the world on the second try", async ({
    owner,
    studio,
    openGenerated,
  }) => {
    const page = await openGenerated("Norse", 1);
    await page.getByRole("button", { name: "Keep all" }).click();
    const keys: unknown[] = [];
    await page.route("**/worlds", (route) => {
      keys.push(route.request().headers()["idempotency-key"]);
      if (keys.length > 1) return route.fallback();
      return route.fulfill(errorResponse(studio, 500, "server.failed"));
    });
    await page.getByRole("button", { name: "Create world" }).click();
    await page.getByText("Something went wrong on our side. Nothing of yours is lost").waitFor();
    await page.getByText("Reference for support: req-1").waitFor();
    await page.getByRole("button", { name: "Create world" }).click();

    await page.getByText(/^\d+ portraits? saved$/).waitFor();
    expect(keys[1]).toBe(keys[0]);
    expect((await owner.client.listWorlds()).worlds).toHaveLength(1);
  });

  test("shows why a generation was rejected, and stops another on request", async ({
    open,
    studio,
  }) => {
    const page = await open("/");
    const generateButton = page.getByRole("button", { name: "Generate" });
    await themeField(page).fill("Norse");
    await page.route(`${studio.stack.stream}**`, (route) =>
      route.fulfill(
        errorResponse(studio, 429, "generation.too_many", "Wait an hour, then try again"),
      ),
    );
    await generateButton.click();
    await page
      .getByRole("alert")
      .getByText("You've used this hour's 120 characters. More at")
      .waitFor();
    expect(await page.getByRole("article").count()).toBe(0);

    await page.unrouteAll();
    const stream = await fakeStream(page);
    await generateButton.click();
    await stream.emitCharacter(0, "Nerida");
    await page.getByRole("article", { name: "Nerida" }).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("1 character ready").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("works by keyboard alone, from the theme to the world", async ({ open }) => {
    const page = await open("/", small);
    await page.getByRole("heading", { name: "Who lives in your world?" }).waitFor();
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toMatch(/^Skip to/);
    await themeField(page).focus();
    await page.keyboard.type("Steampunk");
    await page.keyboard.press("Enter");
    await page.getByText("3 characters ready").waitFor();
    const keep = page.getByRole("button", { name: "Keep", exact: true });
    await tabTo(page, "Keep");
    await page.keyboard.press("Space");
    await expect.poll(() => keep.count()).toBe(2);
    await tabTo(page, "Title");
    await page.keyboard.type("Brass");
    await tabTo(page, "Create world");
    await page.keyboard.press("Enter");
    await page.getByText(/^\d+ portraits? saved$/).waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    expect(await focused()).toBe("Brass is created");
  });

  test("passes axe before, during and after the creation of a world", async ({
    owner,
    openGenerated,
  }) => {
    await owner.client.upload(fileOf(await png(64), "owl.png"));
    const page = await openGenerated("Norse", 2);
    await page.getByRole("button", { name: "Keep", exact: true }).first().click();
    await page.getByText("More").first().click();
    await expectAccessibleEverywhere(page);
    await page.getByRole("button", { name: "Repaint from one of my images" }).first().click();
    await page.getByRole("dialog").getByRole("img", { name: "owl.png" }).waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Create world" }).click();
    await page.getByText(/^\d+ portraits? saved$/).waitFor();
    await expectAccessibleEverywhere(page);
  });
});

/** Checks a portrait in every frame from now on. The result says whether it always had pixels. */
async function watchForFlashes(page: Page, name: string) {
  await page.evaluate((alt) => {
    const seen = { frames: 0, blank: 0 };
    Object.assign(window, { seen });
    const look = () => {
      const image = [...document.images].find((candidate) => candidate.alt === alt);
      seen.frames += 1;
      if (!image || image.naturalWidth === 0) seen.blank += 1;
      requestAnimationFrame(look);
    };
    look();
  }, `Portrait of ${name}`);
  return async () => {
    const { frames, blank } = await page.evaluate(
      () => (window as unknown as { seen: { frames: number; blank: number } }).seen,
    );
    return frames > 3 && blank === 0;
  };
}

/** Presses Tab until an element of this name has the focus. */
async function tabTo(page: Page, name: string) {
  for (let pressed = 0; pressed < 60; pressed += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const label = element instanceof HTMLInputElement ? element.labels?.[0] : element;
      return label?.textContent?.trim();
    });
    if (focused === name) return;
  }
  throw new Error(`Tab never reached ${name}`);
}
