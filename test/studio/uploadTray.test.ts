import type { Locator, Page } from "playwright-core";
import { describe, expect } from "vitest";
import { insertGallery, tile } from "../support/galleryPages.ts";
import { gpsJpeg } from "../support/images.ts";
import { jumpToEnd } from "../support/jumps.ts";
import { expectAccessibleEverywhere, test } from "../support/studio.ts";
import { choose, headline, pictureFile, pictureFiles, row, tray } from "../support/uploadPages.ts";

describe("the tray of uploads", () => {
  test.for([1_280, 360])(
    "covers no button of a selection at %i px",
    async (width, { studio: { stack, uploads }, owner, open }) => {
      await insertGallery(stack, owner, Array(40).fill({}));
      const page = await open("/images", { viewport: { width, height: 740 } });
      await holdUploads(page, uploads);
      await choose(page, await pictureFiles(6));
      await headline(page, "0 of 6 pictures uploaded").waitFor();
      await tile(page, "040.jpg").focus();
      await page.keyboard.press("Space");
      const bar = page.getByRole("region", { name: "Selection" });
      await bar.waitFor();
      if (width === 360) await tray(page).getByRole("button", { name: "Show the uploads" }).click();
      await expect.poll(() => gapBetween(shownTray(page), bar)).toBeGreaterThanOrEqual(4);
      const top = (await shownTray(page).boundingBox())!.y;
      expect(top).toBeGreaterThan(0);
      await bar.getByRole("button", { name: /^Select all/ }).click(); // throws while it is covered
      await bar.getByRole("button", { name: "Done" }).click();
      await bar.waitFor({ state: "detached" });
    },
  );

  test("on a phone hides no picture of the last row", async ({
    studio: { stack, uploads },
    owner,
    open,
  }) => {
    await insertGallery(stack, owner, Array(12).fill({}));
    const page = await open("/images", { viewport: { width: 360, height: 740 } });
    await holdUploads(page, uploads);
    await choose(page, await pictureFiles(2));
    await headline(page, "0 of 2 pictures uploaded").waitFor();
    await tile(page, "001.jpg").focus();
    await jumpToEnd(page);
    await expect.poll(() => gapBetween(tile(page, "001.jpg"), shownTray(page))).toBeGreaterThan(0);
  });

  test("says that a picture is in the gallery already, under which name, and leads to it", async ({
    owner,
    open,
  }) => {
    const page = await open("/images");
    const { bytes } = await pictureFile("pic-3.png", "#135");
    await choose(page, [{ name: "pic-3.png", bytes }]);
    await row(page, "pic-3.png").getByText("Uploaded").waitFor();
    await choose(page, [{ name: "again.png", bytes }]);
    await row(page, "again.png").getByText("Already in your images as pic-3.png").waitFor();
    await headline(page, "1 picture uploaded, 1 already in your images").waitFor();
    expect(
      await tray(page)
        .getByText(/^Uploaded, /)
        .count(),
    ).toBe(1);
    await expectAccessibleEverywhere(page);
    const { images } = await owner.client.listImages();
    expect(images).toHaveLength(1);
    await row(page, "again.png").getByRole("link", { name: "your images" }).click();
    await page.getByRole("dialog").waitFor();
    expect(new URL(page.url()).pathname).toBe(`/images/${images[0]!.image_id}`);
  });

  test("gives what it says of a file room, and no words run into its buttons", async ({
    studio,
    open,
  }) => {
    const page = await open("/images");
    const photo = { type: "image/jpeg", bytes: await gpsJpeg(900, 700) };
    await choose(page, [{ name: "photo.jpg", ...photo }]);
    const result = row(page, "photo.jpg").getByText(/Uploaded, .* → .*: /);
    await result.waitFor();
    expect((await result.boundingBox())!.height).toBeLessThan(70); // three lines
    await page.route(`${studio.stack.api}/uploads`, (route) => route.abort("connectionfailed"));
    await choose(page, [await pictureFile("waiting.png", "#531")]);
    const waiting = row(page, "waiting.png");
    const words = waiting.getByText("Waiting for the connection");
    await words.waitFor();
    const button = waiting.getByRole("button", { name: "Cancel waiting.png" });
    expect(await overlaps(words, button)).toBe(false);
    expect((await words.boundingBox())!.height).toBeLessThan(30);
  });
});

describe("the ways to add pictures", () => {
  test.for([320, 360])("are all in the page at %i px", async (width, { open }) => {
    const viewport = { width, height: 740 };
    const page = await open("/images", { viewport, hasTouch: true, isMobile: true }); // longer words
    const fromUrl = page.getByRole("button", { name: "From a URL" });
    const { x, width: length } = (await fromUrl.boundingBox())!;
    expect(x + length).toBeLessThanOrEqual(width - 8);
    expect(await fromUrl.evaluate((button) => button.scrollWidth - button.clientWidth)).toBe(0);
  });
});

/** The visible part of the region, which fills no space itself. */
const shownTray = (page: Page) => tray(page).locator("> div").first();

const holdUploads = (page: Page, uploads: string) =>
  page.route(`${uploads}/**`, (route) =>
    route.request().method() === "PUT" ? undefined : route.continue(),
  );

/** The pixels between the bottom of one and the top of the other. */
async function gapBetween(upper: Locator, lower: Locator) {
  const [above, below] = [(await upper.boundingBox())!, (await lower.boundingBox())!];
  return below.y - (above.y + above.height);
}

async function overlaps(one: Locator, other: Locator) {
  const [a, b] = [(await one.boundingBox())!, (await other.boundingBox())!];
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
