import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { character } from "../support/pieceDrafts.ts";
import { expectAccessibleEverywhere, test } from "../support/studio.ts";
import { ashfall } from "../support/worldPages.ts";

const words = "A very long name that goes on ";

describe("The list of worlds", () => {
  test("is one request, whatever its worlds have", async ({ open, owner, studio }) => {
    for (let n = 0; n < 3; n += 1) await ashfall(owner);
    const page = await open("/images");
    const requests: string[] = [];
    page.on("request", (request) => {
      const { origin, pathname } = new URL(request.url());
      if (origin === studio.stack.api && request.method() === "GET") requests.push(pathname);
    });
    await page.getByRole("link", { name: "Worlds" }).click();
    const covers = page.locator("article img");
    await expect.poll(() => covers.count()).toBe(3);
    await expect
      .poll(() =>
        covers.evaluateAll((images) =>
          images.every((image) => (image as HTMLImageElement).complete),
        ),
      )
      .toBe(true);
    expect(requests.filter((path) => path.startsWith("/worlds"))).toEqual(["/worlds"]);
  });

  test("shows portraits as squares with their faces, and how many more there are", async ({
    open,
    owner,
  }) => {
    for (const count of [1, 2, 3, 4, 6]) {
      const pieces = await Promise.all(
        Array.from({ length: count }, async (_, n) =>
          character(`Mira ${n}`, await png(400 + n, "#225545")),
        ),
      );
      const { world } = await owner.client.createWorld({
        theme: "norse",
        title: `${count}`,
        pieces,
      });
      await owner.client.waitForPortraits(world.world_id);
    }
    const page = await open("/worlds");
    const covers = page.locator("article img");
    await expect.poll(() => covers.count()).toBe(1 + 2 + 3 + 4 + 4);
    for (const width of [320, 1_280, 2_560]) {
      await page.setViewportSize({ width, height: 900 });
      const boxes = await covers.evaluateAll((images) =>
        images.map((image) => {
          const { width, height } = image.getBoundingClientRect();
          const top = Number.parseFloat(getComputedStyle(image).objectPosition.split(" ")[1]!);
          return { isSquare: Math.abs(width - height) < 1.5, isTop: top <= 25 };
        }),
      );
      expect(new Set(boxes.map((box) => JSON.stringify(box)))).toEqual(
        new Set([JSON.stringify({ isSquare: true, isTop: true })]),
      );
    }
    await page.getByText("+2", { exact: true }).waitFor();
    await page.getByText(/^6 characters/).waitFor();
  });

  test("cuts long titles, stories and themes to a few lines, which the page shows in full", async ({
    open,
    owner,
  }) => {
    const title = words.repeat(6).trim();
    const story = words.repeat(100).trim();
    const { world } = await owner.client.createWorld({
      theme: "x".repeat(100),
      title,
      story,
      pieces: [await character("Mira")],
    });
    await owner.client.waitForPortraits(world.world_id);
    await owner.client;
    const page = await open("/worlds");
    const card = page.getByRole("article");
    await card.waitFor();
    for (const width of [320, 1_280]) {
      await page.setViewportSize({ width, height: 800 });
      const lines = (text: string) =>
        card.getByText(text).evaluate((element) => {
          const box = element.closest("h2, p")!;
          return Math.round(box.clientHeight / Number.parseFloat(getComputedStyle(box).lineHeight));
        });
      expect(
        await card.getByRole("heading").evaluate((h2) => {
          return Math.round(h2.clientHeight / Number.parseFloat(getComputedStyle(h2).lineHeight));
        }),
      ).toBe(2);
      expect(await lines(story)).toBe(2);
    }
    await expectAccessibleEverywhere(page);
    await card.getByRole("link").click();
    const heading = page.getByRole("heading", { level: 1, name: title });
    await heading.waitFor();
    expect(await heading.evaluate((h1) => h1.scrollHeight <= h1.clientHeight + 4)).toBe(true);
    await page.getByText(story).waitFor();
    await expectAccessibleEverywhere(page);
  });

  test("shows text from right to left where it was written so, as the page of the world does", async ({
    open,
    owner,
  }) => {
    const pieces = [await character("מירה", undefined, { traits: ["אמיצה"], home: "המגדלור" })];
    pieces[0]!.description = "היא שומרת על המגדלור.";
    const { world } = await owner.client.createWorld({
      theme: "נורדי",
      title: "עולם האפר",
      story: "יורד אפר.",
      pieces,
    });
    await owner.client.waitForPortraits(world.world_id);
    const page = await open("/worlds");
    const directionOf = (text: string) =>
      page
        .getByText(text, { exact: true })
        .first()
        .evaluate((element) => getComputedStyle(element).direction);
    await page.getByText("עולם האפר").waitFor();
    for (const text of ["עולם האפר", "יורד אפר.", "נורדי"])
      expect([text, await directionOf(text)]).toEqual([text, "rtl"]);
    await page.getByRole("link", { name: "עולם האפר" }).click();
    await page.getByText("היא שומרת על המגדלור.").waitFor();
    await page.getByText("More about").first().click();
    const shown = [
      "עולם האפר",
      "יורד אפר.",
      "נורדי",
      "מירה",
      "היא שומרת על המגדלור.",
      "אמיצה",
      "המגדלור",
    ];
    for (const text of shown) expect([text, await directionOf(text)]).toEqual([text, "rtl"]);
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    const direction = await page
      .getByLabel("Title")
      .evaluate((input) => getComputedStyle(input).direction);
    expect(direction).toBe("rtl");
  });

  test("shows portraits that were pending when they are saved, without a reload", async ({
    open,
    owner,
    studio,
  }) => {
    await ashfall(owner);
    const page = await open("/");
    let isPending = true;
    await page.route(`${studio.stack.api}/worlds?*`, async (route) => {
      const response = await route.fetch();
      const json = await response.json();
      if (isPending)
        for (const world of json.worlds)
          Object.assign(world, { cover: [], pending_portraits: 1, portrait_count: 0 });
      await route.fulfill({ response, json });
    });
    await page.getByRole("link", { name: "Worlds" }).click();
    await page.getByText("Saving portraits…").waitFor();
    isPending = false;
    await page.locator("article img").first().waitFor();
  });

  test("leads to Create when there is none", async ({ open }) => {
    const page = await open("/worlds");
    await page.getByText("No worlds yet").waitFor();
    await page.getByRole("link", { name: "Create a world" }).click();
    await page.getByRole("textbox", { name: "Theme" }).waitFor();
    expect(new URL(page.url()).pathname).toBe("/");
  });
});
