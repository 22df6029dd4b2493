import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { describe, expect, inject } from "vitest";
import { appIcons, drawAppIcon } from "../screenshots/drawAppIcons.ts";
import { expectAccessible, test } from "../support/studio.ts";

describe("the sections", () => {
  test("fit every width from 320 to 2,560 px, with a long name too, and show where one is", async ({
    open,
  }) => {
    const page = await open("/", { sub: `A name of ${"very ".repeat(30)}many words` });
    for (const width of [320, 360, 704, 705, 800, 992, 993, 1_280, 2_560]) {
      await page.setViewportSize({ width, height: 700 });
      expect([width, await overflowing(page)]).toEqual([width, []]);
      const sections = page.getByRole("navigation", { name: "Sections" }).getByRole("link");
      expect(await sections.count()).toBe(5);
      for (const section of await sections.all()) {
        const box = await section.boundingBox();
        expect(box!.width).toBeGreaterThan(40);
        expect(box!.height).toBeGreaterThan(24);
        expect(box!.x).toBeGreaterThanOrEqual(0);
        expect(box!.x + box!.width).toBeLessThanOrEqual(width);
      }
    }
  });

  test("show the current one in forced colours", async ({ open }) => {
    const page = await open("/worlds", { forcedColors: "active" });
    const sections = page.getByRole("navigation", { name: "Sections" });
    const around = await page.locator("html").evaluate(background);
    const current = await sections.getByRole("link", { name: "Worlds" }).evaluate(background);
    const other = await sections.getByRole("link", { name: "Images" }).evaluate(background);
    expect(current).not.toBe(around);
    expect([around, "rgba(0, 0, 0, 0)", transparent(around)]).toContain(other);
    for (const width of [360, 1_280]) {
      await page.setViewportSize({ width, height: 700 });
      await expectAccessible(page, { except: ["color-contrast"] }); // axe reads colours that are not drawn
    }
  });

  test("lead to the person's own page by the account menu", async ({ open, owner }) => {
    const page = await open("/worlds");
    await page.getByRole("button", { name: owner.sub }).click();
    await page.getByRole("link", { name: "You", exact: true }).click();
    await page.getByRole("heading", { name: "You", level: 1 }).waitFor();
    await page.getByRole("main").getByText(`Signed in as ${owner.sub}`).waitFor();
    expect(await page.locator("#account").isVisible()).toBe(false);
    expect(new URL(page.url()).pathname).toBe("/you");
  });
});

test("a pressed button, a label and a progress bar keep their state in forced colours", async ({
  open,
}) => {
  const page = await open("/", { forcedColors: "active" });
  const suggestion = page
    .getByRole("list", { name: "Suggested themes" })
    .getByRole("button")
    .first();
  const before = await suggestion.evaluate(background);
  await suggestion.click();
  expect(await suggestion.getAttribute("aria-pressed")).toBe("true");
  expect(await suggestion.evaluate(background)).not.toBe(before);
  const [bar, page_] = await page.evaluate(() => {
    const progress = document.body.appendChild(document.createElement("progress"));
    progress.value = 0.5;
    const style = getComputedStyle(progress);
    return [
      [style.borderTopWidth, style.borderTopStyle, style.borderTopColor],
      getComputedStyle(document.documentElement).backgroundColor,
    ];
  });
  expect(bar!.slice(0, 2)).toEqual(["1px", "solid"]);
  expect(bar![2]).not.toBe(page_);
});

describe("as an app", () => {
  test("Studio has a manifest that its policy allows, with the icons that it names", async ({
    open,
    studio,
  }) => {
    const page = await open("/");
    const session = await page.context().newCDPSession(page);
    const { errors, data } = await session.send("Page.getAppManifest");
    expect(errors).toEqual([]);
    const manifest = JSON.parse(data!);
    expect(manifest).toMatchObject({ name: "Keepsake", display: "standalone", start_url: "/" });
    for (const { src, sizes, type } of manifest.icons) {
      const response = await fetch(studio.origin + src);
      expect([src, response.headers.get("content-type")]).toEqual([src, type]);
      if (sizes === "any") continue;
      const { width, height } = await sharp(await response.arrayBuffer()).metadata();
      expect([src, `${width}x${height}`]).toEqual([src, sizes]);
    }
    const response = await fetch(`${studio.origin}/manifest.webmanifest`);
    expect(response.headers.get("content-type")).toBe("application/manifest+json");
    const touch = await page.locator('link[rel="apple-touch-icon"]').getAttribute("href");
    expect((await fetch(studio.origin + touch)).status).toBe(200);
  });

  test("colours the browser around it as the page, light and dark", async ({ open }) => {
    const page = await open("/");
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      const [theme, paper] = await page.evaluate(() => {
        const metas = [...document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]")];
        const meta = metas.find(({ media }) => matchMedia(media).matches)!;
        const probe = document.body.appendChild(document.createElement("i"));
        probe.style.color = meta.content;
        return [
          getComputedStyle(probe).color,
          getComputedStyle(document.documentElement).backgroundColor,
        ];
      });
      expect(theme).toBe(paper);
    }
  });

  test("the icons are those that icon.svg gives", async () => {
    for (const [file, drawing] of Object.entries(appIcons)) {
      const pixels = (bytes: Buffer) => sharp(bytes).ensureAlpha().raw().toBuffer();
      const kept = await pixels(readFileSync(join(inject("studio"), file)));
      const drawn = await pixels(await drawAppIcon(drawing));
      expect([file, kept.length]).toEqual([file, drawn.length]);
      const differing = kept.filter((value, index) => Math.abs(value - drawn[index]!) > 40).length;
      expect(differing / kept.length).toBeLessThan(0.01); // another version of the renderer
    }
  });
});

/** `rgb(1, 2, 3)` → `rgba(1, 2, 3, 0)`. */
const transparent = (colour: string) =>
  colour.replace(/^rgb\((.*)\)$/, (_, channels) => `rgba(${channels}, 0)`);

const background = (element: Element) => getComputedStyle(element).backgroundColor;

/** The elements that reach beyond the sides of the window. */
const overflowing = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("body *")]
      .filter((element) => {
        const { left, right, width } = element.getBoundingClientRect();
        return width > 1 && (left < -1 || right > document.documentElement.clientWidth + 1);
      })
      .map(({ outerHTML }) => outerHTML.slice(0, 120)),
  );
