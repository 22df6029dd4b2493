import type { Route } from "playwright-core";
import { describe, expect } from "vitest";
import { drawnPicture } from "../support/drawnPicture.ts";
import { gallery, tile } from "../support/galleryPages.ts";
import { png } from "../support/images.ts";
import type { Owner } from "../support/stack.ts";
import { test } from "../support/studio.ts";
import { fileOf } from "../support/uploadRequests.ts";

describe("a picture of the gallery", () => {
  test("shows an error when it cannot be loaded, and tries again", async ({
    studio,
    owner,
    open,
  }) => {
    await uploaded(owner, "mine.png", "#556677");
    const page = await open("/telegram");
    await page.route(`${studio.stack.api}/images?*`, answer(studio.origin, 500));
    await page.goto("/images");
    await page.getByRole("alert").getByText("Something went wrong on our side").waitFor();
    await page.unroute(`${studio.stack.api}/images?*`);

    await page.getByRole("button", { name: "Try again" }).click();
    await tile(page, "mine.png").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("loads the smallest copies on a phone, and sharp ones on a wide screen", async ({
    owner,
    open,
  }) => {
    const sizes: [number, number][] = [
      [1_200, 1_600],
      [1_600, 1_200],
      [1_600, 900],
      [3_000, 1_000],
    ];
    for (const [index, [width, height]] of sizes.entries()) {
      const photo = await drawnPicture(width, height).jpeg().toBuffer();
      await owner.client.upload(fileOf(photo, `${3 - index}.jpg`, "image/jpeg"));
    }
    const loaded = async (options: Parameters<typeof open>[1]) => {
      const page = await open("/images", options);
      await gallery(page).getByRole("gridcell").first().waitFor();
      return gallery(page)
        .getByRole("img")
        .evaluateAll(async (pictures) => {
          for (const picture of pictures as HTMLImageElement[]) await picture.decode();
          return pictures.map((picture) => (picture as HTMLImageElement).currentSrc.slice(-9));
        });
    };
    const [small, middle] = ["w320.webp", "w960.webp"];
    for (const deviceScaleFactor of [1, 2.625, 4]) {
      const viewport = { width: 412, height: 823 };
      const copies = await loaded({ viewport, deviceScaleFactor, isMobile: true });
      expect(copies.slice(1), "the first one is a panorama").toEqual([small, small, small]);
    }
    const wide = await loaded({ viewport: { width: 1_280, height: 800 }, deviceScaleFactor: 2 });
    expect(wide.slice(1), "the last one is narrow").toEqual([middle, middle, small]);
  });

  test("shows images that are being fetched from Telegram, and why others were rejected", async ({
    studio: { stack, telegram },
    owner,
    open,
  }) => {
    const phone = telegram.phone({ id: 42, first_name: "Mira" });
    await stack.sql`insert into telegram_accounts values (42, ${`user:${owner.sub}`})`;
    phone.sendPhoto(Buffer.from("Not a picture"));
    await phone.waitForReply();
    for (let times = 0; times < 2; times += 1) telegram.refuseNext("getFile", { error_code: 500 });
    phone.sendPhoto(await png(64, "#424242"));

    const page = await open("/images");
    await page.getByText("Fetching it from Telegram…").waitFor();
    await page.getByText("Could not be added").waitFor();
    await gallery(page).getByRole("img").waitFor();
    const [image] = (await owner.client.listImages()).images;
    const shown = gallery(page).getByRole("img");
    expect(await shown.getAttribute("src")).toBe(image!.url);
    expect(await page.getByText("Fetching it from Telegram…").count()).toBe(0);
    expect(await gallery(page).getByText("Telegram", { exact: true }).count()).toBe(2);
  });

  test("shows a blurred placeholder behind each picture until it has loaded", async ({
    studio,
    owner,
    open,
  }) => {
    await uploaded(owner, "blur.png", "#a0b0c0");
    const page = await open("/telegram");
    const arrives = Promise.withResolvers<void>();
    await page.route(`${studio.stack.cdn}/**`, async (route) => {
      await arrives.promise;
      await route.continue();
    });
    await page.getByRole("link", { name: "Images" }).click();
    const placeholder = () =>
      gallery(page)
        .getByRole("img")
        .evaluate((picture) => picture.style.backgroundImage);
    expect(await placeholder()).toMatch(/^url\("data:image\/png;base64,/);
    arrives.resolve();
    await expect.poll(placeholder).toBe("");
  });
});

/** An empty response that CORS lets the page read. */
const answer = (origin: string, status: number) => (route: Route) =>
  route.fulfill({ status, headers: { "access-control-allow-origin": origin } });

const uploaded = async ({ client }: Owner, name: string, colour: string) =>
  client.upload(fileOf(await png(64, colour), name));
