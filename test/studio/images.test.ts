import type { Image } from "@keepsake/contract/schemas";
import type { Page, Route } from "playwright-core";
import { v7 as uuidv7 } from "uuid";
import { describe, expect } from "vitest";
import { pictureOf } from "../support/detailedPicture.ts";
import { fileOf } from "../support/files.ts";
import { noisePng, png } from "../support/images.ts";
import type { Owner, TestStack } from "../support/stack.ts";
import { expectAccessible, expectAccessibleEverywhere, test } from "../support/studio.ts";

describe("the upload panel", () => {
  test("uploads several chosen files, which come first in the gallery", async ({ owner, open }) => {
    await uploaded(owner, "old.png", "#010203");
    const page = await open("/images");
    await tile(page, "old.png").waitFor();

    const colours = ["#102030", "#203040", "#304050", "#405060", "#506070"];
    const files = colours.map((colour, index) => file(`new${index}.png`, colour));
    await choose(page, await Promise.all(files));

    await page.getByRole("heading", { name: "5 pictures uploaded", exact: true }).waitFor();
    const { images } = await owner.client.listImages();
    expect(await shownIn(page)).toEqual(images.map(({ url, filename }) => [filename, url]));
    expect(images).toHaveLength(6);
    expect(images.at(-1)?.filename).toBe("old.png");
    const sizes = await gallery(page)
      .getByRole("img")
      .evaluateAll(async (pictures) => {
        for (const picture of pictures as HTMLImageElement[]) await picture.decode();
        return pictures.map((picture) => (picture as HTMLImageElement).naturalWidth);
      });
    expect(new Set(sizes)).toEqual(new Set([64]));
  });

  test("uploads files that are dropped anywhere, and says while dragging that they can be", async ({
    owner,
    open,
  }) => {
    const page = await open("/images");
    const dataTransfer = await dataTransferOf(page, [
      { name: "dropped.png", bytes: await png(64, "#112233") },
    ]);
    await page.dispatchEvent("h1", "dragover", { dataTransfer });
    await page.getByText("Drop to upload").waitFor();
    await page.dispatchEvent("h1", "drop", { dataTransfer });

    await tile(page, "dropped.png").waitFor();
    expect(await page.getByText("Drop to upload").count()).toBe(0);
    expect((await owner.client.listImages()).images).toHaveLength(1);
  });

  test("uploads files that are pasted", async ({ owner, open }) => {
    const page = await open("/images");
    await page.evaluate(
      async (base64) => {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        const blob = new Blob([bytes], { type: "image/png" });
        await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
      },
      (await png(64, "#223344")).toString("base64"),
    );
    await page.keyboard.press("Control+V");

    await tile(page, "image.png").waitFor();
    expect((await owner.client.listImages()).images).toMatchObject([{ status: "published" }]);
  });

  test("shows the progress on a slow connection, and continues in other sections", async ({
    owner,
    open,
  }) => {
    const page = await open("/images");
    await throttle(page, 40_000); // 7 s: the page shows other sections meanwhile
    await choose(page, [{ name: "slow.png", bytes: await noisePng(300) }]);

    const progress = page.getByRole("progressbar", { name: "Uploading slow.png" });
    await expect.poll(() => percentOf(progress), { timeout: 10_000 }).toBeGreaterThan(0);
    expect(await percentOf(progress)).toBeLessThan(100);
    await page.getByRole("link", { name: "Worlds" }).click();
    await page.getByRole("heading", { name: "Worlds", level: 1 }).waitFor();
    await page.getByRole("link", { name: "Images" }).click();
    expect(await percentOf(progress)).toBeLessThan(100);
    await throttle(page, -1);

    await tile(page, "slow.png").waitFor();
    expect((await owner.client.listImages()).images).toHaveLength(1);
  });

  test("makes the browser ask before the page is closed during an upload", async ({ open }) => {
    const page = await open("/images");
    await throttle(page, 30_000);
    await page.getByRole("heading", { name: "Images", level: 1 }).click(); // a page that was never clicked is closed without asking
    await choose(page, [{ name: "slow.png", bytes: await noisePng(200) }]);
    await page.getByRole("progressbar").waitFor();

    const dialogs: string[] = [];
    page.on("dialog", (dialog) => {
      dialogs.push(dialog.type());
      dialog.dismiss();
    });
    await page.close({ runBeforeUnload: true });
    await expect.poll(() => dialogs).toEqual(["beforeunload"]);
    await page.getByRole("button", { name: "Cancel slow.png" }).click();
    await page.close({ runBeforeUnload: true });
    await expect.poll(() => page.isClosed()).toBe(true);
    expect(dialogs).toHaveLength(1);
  });

  test("removes a cancelled upload, and nothing is stored", async ({ studio, owner, open }) => {
    const page = await open("/images");
    await throttle(page, 150_000);
    const presigned = page.waitForResponse(
      (response) => response.url() === `${studio.stack.api}/uploads` && response.status() === 201,
    );
    await choose(page, [{ name: "regret.png", bytes: await noisePng(300) }]);
    const { upload_id } = await (await presigned).json();
    await expect.poll(() => percentOf(page.getByRole("progressbar"))).toBeGreaterThan(0);
    const aborted = page.waitForEvent("requestfailed", (request) => request.method() === "PUT");
    await page.getByRole("button", { name: "Cancel regret.png" }).click();
    await aborted;

    expect(await page.getByText("regret.png").count()).toBe(0);
    const { client } = owner;
    const completing = () => client.completeUpload({ upload_id }).catch(({ code }) => code);
    await expect.poll(completing).toBe("upload.not_found"); // it takes no quota
    expect((await client.listImages()).images).toEqual([]);
    await page.getByRole("heading", { name: "No images yet" }).waitFor();
  });

  test("sends a file to a new URL when the first has expired", async ({ studio, owner, open }) => {
    const page = await open("/images");
    const statuses: number[] = [];
    page.on("response", (response) => {
      if (response.request().method() === "PUT") statuses.push(response.status());
    });
    await page.route(
      `${studio.uploads}/**`,
      async (route) => {
        // six minutes later R2 rejects a URL signed for five
        await page.clock.setSystemTime(Date.now() + 360_000);
        await route.continue({ url: route.request().url().replace("Expires=300", "Expires=1") });
      },
      { times: 1 },
    );
    await choose(page, [await file("patient.png", "#334455")]);

    await tile(page, "patient.png").waitFor();
    expect(statuses).toEqual([403, 200]);
    expect((await owner.client.listImages()).images).toHaveLength(1);
  });

  test("shows why an upload failed, and uploads the file on retry", async ({
    studio,
    owner,
    open,
  }) => {
    const page = await open("/images");
    await page.route(`${studio.uploads}/**`, answer(studio.origin, 400), { times: 1 });
    await choose(page, [await file("again.png", "#445566")]);
    await page.getByText("The storage rejected this file. Try again.").waitFor();
    expect((await owner.client.listImages()).images).toEqual([]);

    await page.getByRole("button", { name: "Retry again.png" }).click();
    await tile(page, "again.png").waitFor();
  });

  test("rejects files that are no pictures or too large before anything is sent", async ({
    open,
  }) => {
    const page = await open("/images");
    await page.getByRole("heading", { name: "No images yet" }).waitFor();
    const calls: string[] = [];
    page.on("request", (request) => {
      if (request.method() !== "GET") calls.push(request.url());
    });
    const dataTransfer = await dataTransferOf(page, [
      { name: "notes.txt", type: "text/plain", bytes: Buffer.from("Not a picture") },
      { name: "nothing.png", bytes: Buffer.alloc(0) },
      { name: "vast.jpg", type: "image/jpeg", bytes: 20_000_001 },
    ]);
    await page.dispatchEvent("h1", "drop", { dataTransfer });

    await row(page, "notes.txt").getByText("This file is not a supported picture").waitFor();
    await row(page, "nothing.png").getByText("This picture is damaged or incomplete").waitFor();
    await row(page, "vast.jpg")
      .getByText("This picture is too large. Use one of at most 20 MB")
      .waitFor();
    expect(await page.getByRole("button", { name: "Retry" }).count()).toBe(0);
    await page.getByRole("button", { name: "Dismiss notes.txt" }).click();
    expect(await row(page, "notes.txt").count()).toBe(0);
    expect(calls).toEqual([]);
  });

  test("shows why a file that only claims to be a picture was rejected", async ({ open }) => {
    const page = await open("/images");
    await choose(page, [{ name: "fake.png", bytes: Buffer.from("<html>Not a picture</html>") }]);
    await row(page, "fake.png").getByText("This file is not a supported picture").waitFor();
    expect(await page.getByRole("button", { name: "Retry" }).count()).toBe(0);
  });
});

describe("the gallery", () => {
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
      const photo = await pictureOf(width, height).jpeg().toBuffer();
      await owner.client.upload(fileOf(photo, `${3 - index}.jpg`, "image/jpeg"));
    }
    const loaded = async (options: Parameters<typeof open>[1]) => {
      const page = await open("/images", options);
      await gallery(page).getByRole("listitem").first().waitFor();
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
    expect(wide.slice(1)).toEqual([middle, middle, middle]);
  });

  test("loads more on scrolling", async ({ studio, owner, open }) => {
    await seed(studio.stack, owner, 59);
    const page = await open("/images", { viewport: { width: 360, height: 640 } });
    const tiles = gallery(page).getByRole("listitem");
    await tiles.first().waitFor();
    expect(await tiles.count()).toBe(24);

    for (const count of [48, 60]) {
      await page.mouse.wheel(0, 20_000);
      await expect.poll(() => tiles.count()).toBe(count);
    }
    expect(await page.getByRole("button", { name: "Load more" }).count()).toBe(0);
    const ids = (await shownIn(page)).map(([name]) => name);
    expect(new Set(ids).size).toBe(60);
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
    expect((await shownIn(page)).map(([, url]) => url)).toEqual([image!.url]);
    expect(await page.getByText("Fetching it from Telegram…").count()).toBe(0);
    expect(await gallery(page).getByText("Telegram", { exact: true }).count()).toBe(2);
  });

  test("loads the smallest copy of a photo that is sharp, and the next one in its dialog", async ({
    owner,
    open,
  }) => {
    const photo = await pictureOf(1_600, 1_200).jpeg().toBuffer();
    const image = await owner.client.upload(fileOf(photo, "photo.jpg", "image/jpeg"));
    const [small, middle] = image.variants;
    const page = await open("/images");

    const shown = gallery(page).getByRole("img", { name: "photo.jpg" });
    const loaded = () => shown.evaluate((picture) => (picture as HTMLImageElement).currentSrc);
    await expect.poll(loaded).toBe(small!.url);
    expect(await shown.getAttribute("fetchpriority")).toBe("high");

    await tile(page, "photo.jpg").click();
    const dialog = page.getByRole("dialog", { name: "photo.jpg" });
    expect(await dialog.getByRole("img").getAttribute("src")).toBe(middle!.url);
    const original = dialog.getByRole("link", { name: "Open in a new tab" });
    expect(await original.getAttribute("href")).toBe(image.url);
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

  test("copies the permanent address", async ({ owner, open }) => {
    const { url } = await uploaded(owner, "link.png", "#667788");
    const page = await open("/images");
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    await page.getByRole("button", { name: "Copy address of link.png" }).click();
    await page.getByRole("button", { name: "Copied of link.png" }).waitFor();
    expect(await clipboard()).toBe(url);

    await page.evaluate(() => navigator.clipboard.writeText(""));
    await tile(page, "link.png").click();
    const dialog = page.getByRole("dialog", { name: "link.png" });
    await dialog.getByRole("button", { name: "Copy address" }).click();
    await dialog.getByText("Copied").waitFor();
    expect(await clipboard()).toBe(url);
  });

  test("deletes an image for good after confirmation, with a receipt", async ({
    studio,
    owner,
    open,
  }) => {
    const { image_id } = await uploaded(owner, "gone.png", "#778899");
    await uploaded(owner, "stays.png", "#8899aa");
    const page = await open("/images");
    await tile(page, "gone.png").click();
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete image" }).click();

    const receipt = page.getByRole("dialog", { name: "Deleted" });
    await receipt.getByText("gone.png was deleted").waitFor();
    expect(await tile(page, "gone.png").count()).toBe(0);
    const id = await receipt.locator("dd code").first().textContent();
    const [erasure] = await studio.stack.sql`select 1 from erasures where erasure_id = ${id}`;
    expect(erasure).toBeDefined();
    await receipt.getByRole("button", { name: "Done" }).click();
    await page.reload();
    await tile(page, "stays.png").waitFor();
    expect(await gallery(page).getByRole("listitem").count()).toBe(1);
    await expect(owner.client.getImage({ image_id })).rejects.toMatchObject({
      code: "image.not_found",
    });
  });

  test("works by keyboard alone", async ({ owner, open }) => {
    await uploaded(owner, "keys.png", "#99aabb");
    const page = await open("/images");
    await tile(page, "keys.png").waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.querySelector("img")?.alt);
    for (let presses = 0; presses < 20 && (await focused()) !== "keys.png"; presses += 1)
      await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "keys.png" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focused()).toBe("keys.png");

    // after a deletion there is no tile to return the focus to
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Delete…" }).press("Enter");
    await page.getByRole("button", { name: "Delete image" }).press("Enter");
    await page.getByRole("button", { name: "Done" }).press("Enter");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Gallery");
  });
});

test("the picker lists the owner's images, and stays open when the file dialog is cancelled", async ({
  owner,
  open,
}) => {
  await uploaded(owner, "mine.png", "#b0c0d0");
  const page = await open("/");
  await page.getByRole("button", { name: "Use one of my images as a reference" }).click();
  const picker = page.getByRole("dialog");
  await picker.getByRole("button", { name: "mine.png" }).waitFor();
  const input = picker.getByLabel("Upload an image");
  await input.dispatchEvent("cancel", { bubbles: true }); // as browsers fire it
  await expectAccessibleEverywhere(page);
  await input.setInputFiles([
    { name: "new.png", mimeType: "image/png", buffer: await png(64, "#c0d0e0") },
  ]);
  await picker.waitFor({ state: "detached" });
  await page.getByText("Reference: new.png").waitFor();
});

test("the page and its dialogs pass axe, in light and dark, on a phone and a desktop", {
  timeout: 40_000,
}, async ({ studio: { stack }, owner, open }) => {
  await seed(stack, owner, 1, "pending");
  await seed(stack, owner, 1, "rejected");
  await uploaded(owner, "fine.png", "#aabbcc");
  const page = await open("/images", { reducedMotion: "reduce" });
  await tile(page, "fine.png").waitFor();
  await throttle(page, 5_000);
  await choose(page, [
    { name: "a-name-that-is-much-longer-than-a-phone-is-wide.png", bytes: await noisePng(200) },
    { name: "notes.txt", type: "text/plain", bytes: Buffer.from("x") },
  ]);
  await page.getByRole("button", { name: "Dismiss notes.txt" }).waitFor();
  await expectAccessibleEverywhere(page);
  await page.getByRole("button", { name: "Cancel a-name" }).click(); // fails unless it was in flight until now
  await throttle(page, -1);

  await tile(page, "fine.png").click();
  await expectAccessibleEverywhere(page);
  await page.getByRole("button", { name: "Delete…" }).click();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Delete image" }).click();
  await page.getByRole("heading", { name: "Deleted" }).waitFor();
  await expectAccessible(page);
});

type Chosen = { name: string; type?: string; bytes: Buffer };

const file = async (name: string, colour: string): Promise<Chosen> => ({
  name,
  bytes: await png(64, colour),
});

/** Chooses files as the browser's own dialog would. */
function choose(page: Page, files: Chosen[]) {
  return page
    .getByLabel("Choose pictures")
    .setInputFiles(
      files.map(({ name, type = "image/png", bytes }) => ({ name, mimeType: type, buffer: bytes })),
    );
}

/** A `DataTransfer` with files, as dragging makes it. A number stands for that many zero bytes. */
function dataTransferOf(
  page: Page,
  files: { name: string; type?: string; bytes: Buffer | number }[],
) {
  return page.evaluateHandle(
    (files) => {
      const dataTransfer = new DataTransfer();
      for (const { name, type, content } of files) {
        const bytes =
          typeof content === "number"
            ? new Uint8Array(content)
            : Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
        dataTransfer.items.add(new File([bytes], name, { type }));
      }
      return dataTransfer;
    },
    files.map(({ name, type = "image/png", bytes }) => ({
      name,
      type,
      content: typeof bytes === "number" ? bytes : bytes.toString("base64"),
    })),
  );
}

const gallery = (page: Page) => page.getByRole("region", { name: "Gallery" });

const tile = (page: Page, name: string) =>
  gallery(page).getByRole("listitem").getByRole("button", { name, exact: true });

/** The row of an upload. */
const row = (page: Page, name: string) =>
  page.getByRole("region", { name: "Uploads" }).getByRole("listitem").filter({ hasText: name });

/** Names and addresses of the pictures in the gallery, in its order. */
const shownIn = (page: Page) =>
  gallery(page)
    .getByRole("img")
    .evaluateAll((pictures) =>
      pictures.map((picture) => [picture.getAttribute("alt"), picture.getAttribute("src")]),
    );

const percentOf = async (progress: ReturnType<Page["getByRole"]>) =>
  Number(await progress.getAttribute("value"));

/** Limits the page's uploads to so many bytes a second; -1 removes the limit. */
async function throttle(page: Page, uploadThroughput: number) {
  const devtools = await page.context().newCDPSession(page);
  const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput };
  await devtools.send("Network.emulateNetworkConditions", conditions);
}

/** An empty response that CORS lets the page read. */
const answer = (origin: string, status: number) => (route: Route) =>
  route.fulfill({ status, headers: { "access-control-allow-origin": origin } });

const uploaded = async ({ client }: Owner, name: string, colour: string): Promise<Image> =>
  client.upload(fileOf(await png(64, colour), name));

/** Inserts rows as the bot would, all with one picture: sending that many photos would take long. */
async function seed(
  { sql }: TestStack,
  owner: Owner,
  count: number,
  status: Image["status"] = "published",
) {
  const { image_id: _, ...picture } = await uploaded(owner, "seed.png", "#ccddee");
  const rows = Array.from({ length: count }, (_, index) => ({
    ...picture,
    image_id: uuidv7(),
    owner_id: `user:${owner.sub}`,
    platform: "telegram",
    platform_ref: uuidv7(),
    source: sql.json({}),
    status,
    url: status === "published" ? picture.url : null,
    filename: `${status} ${index}`,
    error: status === "rejected" ? "The image is no longer available there" : null,
  }));
  await sql`insert into images ${sql(rows)}`;
}
