import type { Browser } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { drawnPicture } from "../support/drawnPicture.ts";
import { character, faction } from "../support/pieceDrafts.ts";
import {
  deliver,
  type Owner,
  type TestStack,
  testWithoutConsumers as test,
} from "../support/stack.ts";
import { expectAccessible, expectAccessibleEverywhere } from "../support/studio.ts";
import { fileOf } from "../support/uploadRequests.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
}, 60_000);
afterAll(() => browser?.close());

describe("the public page of a world in a browser", () => {
  test("passes axe in light and dark, from 320 px on, and loads the smallest sharp pictures", {
    timeout: 90_000,
  }, async ({ stack, owner }) => {
    const url = await publishWorld(stack, owner);
    const page = await (
      await browser.newContext({ viewport: { width: 320, height: 640 } })
    ).newPage();
    const problems: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    await page.goto(url, { waitUntil: "networkidle" });
    const loaded = await page.evaluate(() =>
      [...document.images].map(({ currentSrc, naturalWidth }) => [
        currentSrc.split("_").at(-1),
        naturalWidth > 0,
      ]),
    );
    expect(loaded[0]).toEqual(["w320.webp", true]);
    expect(loaded[1]).toEqual(["w320.webp", true]);
    await expectAccessible(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBe(320);
    await expectAccessibleEverywhere(page);
    await page.context().close();
    expect(problems).toEqual([]);
  });

  test("writes each text in its own direction", async ({ stack, owner: { client } }) => {
    const { world } = await client.createWorld({
      theme: "norse",
      title: "עולם של אור",
      story: "سماء.\n\nThe sky.",
      pieces: [{ ...faction, name: "שומרים" }],
    });
    const { page } = await client.publishWorldPage(world);
    const tab = await (await browser.newContext()).newPage();
    await tab.goto(page.url);
    const directions = await tab.evaluate(() =>
      [...document.querySelectorAll("h1, .story p, h3, .text p")].map(
        (element) => getComputedStyle(element).direction,
      ),
    );
    expect(directions).toEqual(["rtl", "rtl", "ltr", "rtl", "ltr"]);
    await tab.goto(`${stack.api}/w/none`);
    await expectAccessible(tab);
    await tab.context().close();
  });
});

/** A world with a photo as its picture, three characters with portraits and a faction. */
async function publishWorld(stack: TestStack, { client }: Owner) {
  const photo = await drawnPicture(1_600, 900).jpeg().toBuffer();
  const { image_id } = await client.upload(fileOf(photo, "sea.jpg", "image/jpeg"));
  await client.updateImage({ image_id, alt: "The sea at dusk" });
  const portrait = await sharp(photo).resize(768, 768).png().toBuffer();
  const traits = ["Fearless", "Keeps a light burning", "x".repeat(120)];
  const pieces = await Promise.all(
    ["Mira", "Vela of the northern lights", "A".repeat(60)].map((name) =>
      character(name, portrait, { traits }),
    ),
  );
  const { world } = await client.createWorld({
    theme: "norse",
    title: "Ashfall, the last harbour before the ice",
    story: `${"Rain fell for a year, and then the ships came back without their crews. ".repeat(4)}\n\n${"W".repeat(90)}`,
    image_id,
    pieces: [...pieces, faction],
  });
  const messages = world.pieces
    .filter(({ type }) => type === "character")
    .map(({ piece_id }) => ({ piece_id, version: 1 }));
  await deliver(stack, "PortraitQueue", messages);
  return (await client.publishWorldPage(world)).page.url;
}
