import type { Image } from "@keepsake/contract/schemas";
import type { Page, Route } from "playwright-core";
import { v7 as uuidv7 } from "uuid";
import { describe, expect } from "vitest";
import { fileOf } from "../support/files.ts";
import { noisePng, png } from "../support/images.ts";
import type { Owner, TestStack } from "../support/stack.ts";
import { expectAccessible, expectAccessibleEverywhere, test } from "../support/studio.ts";

describe("pictures", () => {
  test("that are picked, several at once, come first in the gallery", async ({ owner, open }) => {
    await kept(owner, "old.png", "#010203");
    const page = await open("/images");
    await tile(page, "old.png").waitFor();

    const colours = ["#102030", "#203040", "#304050", "#405060", "#506070"];
    const files = colours.map((colour, index) => file(`new${index}.png`, colour));
    await choose(page, await Promise.all(files));

    await page.getByRole("heading", { name: "5 pictures kept", exact: true }).waitFor();
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

  test("are taken when they are dropped anywhere, and the page says so before", async ({
    owner,
    open,
  }) => {
    const page = await open("/images");
    const held = await holding(page, [{ name: "dropped.png", bytes: await png(64, "#112233") }]);
    await page.dispatchEvent("h1", "dragover", { dataTransfer: held });
    await page.getByText("Drop to keep").waitFor();
    await page.dispatchEvent("h1", "drop", { dataTransfer: held });

    await tile(page, "dropped.png").waitFor();
    expect(await page.getByText("Drop to keep").count()).toBe(0);
    expect((await owner.client.listImages()).images).toHaveLength(1);
  });

  test("are taken when they are pasted", async ({ owner, open }) => {
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

  test("show how far they are on a slow line, and go on in other sections", async ({
    owner,
    open,
  }) => {
    const page = await open("/images");
    await throttle(page, 150_000);
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

  test("that are on their way hold back who leaves", async ({ open }) => {
    const page = await open("/images");
    await throttle(page, 30_000);
    await page.getByRole("heading", { name: "Images", level: 1 }).click(); // as somebody would
    await choose(page, [{ name: "slow.png", bytes: await noisePng(200) }]);
    await page.getByRole("progressbar").waitFor();

    const asked: string[] = [];
    page.on("dialog", (dialog) => {
      asked.push(dialog.type());
      dialog.dismiss();
    });
    await page.close({ runBeforeUnload: true });
    await expect.poll(() => asked).toEqual(["beforeunload"]);
    await page.getByRole("button", { name: "Cancel slow.png" }).click();
    await page.close({ runBeforeUnload: true });
    await expect.poll(() => page.isClosed()).toBe(true);
    expect(asked).toHaveLength(1);
  });

  test("that are cancelled are gone, and nothing is stored", async ({ studio, owner, open }) => {
    const page = await open("/images");
    await throttle(page, 150_000);
    const promised = page.waitForResponse(
      (response) => response.url() === `${studio.stack.api}/uploads` && response.status() === 201,
    );
    await choose(page, [{ name: "regret.png", bytes: await noisePng(300) }]);
    const { upload_id } = await (await promised).json();
    await expect.poll(() => percentOf(page.getByRole("progressbar"))).toBeGreaterThan(0);
    const aborted = page.waitForEvent("requestfailed", (request) => request.method() === "PUT");
    await page.getByRole("button", { name: "Cancel regret.png" }).click();
    await aborted;

    expect(await page.getByText("regret.png").count()).toBe(0);
    const { client } = owner;
    await expect(client.completeUpload({ upload_id })).rejects.toMatchObject({
      code: "upload.not_received",
    });
    expect((await client.listImages()).images).toEqual([]);
    await page.getByRole("heading", { name: "Nothing here yet" }).waitFor();
  });

  test("whose URL has expired are sent by another", async ({ studio, owner, open }) => {
    const page = await open("/images");
    const refused: number[] = [];
    page.on("response", (response) => {
      if (response.request().method() === "PUT") refused.push(response.status());
    });
    await page.route(
      `${studio.uploads}/**`,
      async (route) => {
        // six minutes went by, and R2 no longer takes what was signed for five
        await page.clock.setSystemTime(Date.now() + 360_000);
        await route.continue({ url: route.request().url().replace("Expires=300", "Expires=1") });
      },
      { times: 1 },
    );
    await choose(page, [await file("patient.png", "#334455")]);

    await tile(page, "patient.png").waitFor();
    expect(refused).toEqual([403, 200]);
    expect((await owner.client.listImages()).images).toHaveLength(1);
  });

  test("that could not be sent say why, and are kept when tried again", async ({
    studio,
    owner,
    open,
  }) => {
    const page = await open("/images");
    await page.route(`${studio.uploads}/**`, answer(studio.origin, 400), { times: 1 });
    await choose(page, [await file("again.png", "#445566")]);
    await page.getByText("The store did not take this file. Try again.").waitFor();
    expect((await owner.client.listImages()).images).toEqual([]);

    await page.getByRole("button", { name: "Retry again.png" }).click();
    await tile(page, "again.png").waitFor();
  });

  test("are refused before anything is sent when they are none, or too large", async ({ open }) => {
    const page = await open("/images");
    await page.getByRole("heading", { name: "Nothing here yet" }).waitFor();
    const calls: string[] = [];
    page.on("request", (request) => {
      if (request.method() !== "GET") calls.push(request.url());
    });
    const held = await holding(page, [
      { name: "notes.txt", type: "text/plain", bytes: Buffer.from("Not a picture") },
      { name: "nothing.png", bytes: Buffer.alloc(0) },
      { name: "vast.jpg", type: "image/jpeg", bytes: 20_000_001 },
    ]);
    await page.dispatchEvent("h1", "drop", { dataTransfer: held });

    await row(page, "notes.txt").getByText("This is not a picture that can be kept").waitFor();
    await row(page, "nothing.png").getByText("This picture is damaged or cut off").waitFor();
    await row(page, "vast.jpg").getByText("This picture is too large: 20 MB").waitFor();
    expect(await page.getByRole("button", { name: "Retry" }).count()).toBe(0);
    await page.getByRole("button", { name: "Dismiss notes.txt" }).click();
    expect(await row(page, "notes.txt").count()).toBe(0);
    expect(calls).toEqual([]);
  });

  test("that only say they are pictures are refused in words, too", async ({ open }) => {
    const page = await open("/images");
    await choose(page, [{ name: "fake.png", bytes: Buffer.from("<html>Not a picture</html>") }]);
    await row(page, "fake.png").getByText("This is not a picture that can be kept").waitFor();
    expect(await page.getByRole("button", { name: "Retry" }).count()).toBe(0);
  });
});

describe("the gallery", () => {
  test("says what is wrong when it cannot be read, and tries again", async ({
    studio,
    owner,
    open,
  }) => {
    await kept(owner, "mine.png", "#556677");
    const page = await open("/telegram");
    await page.route(`${studio.stack.api}/images?*`, answer(studio.origin, 500));
    await page.goto("/images");
    await page.getByRole("alert").getByText("Something broke on our side").waitFor();
    await page.unroute(`${studio.stack.api}/images?*`);

    await page.getByRole("button", { name: "Try again" }).click();
    await tile(page, "mine.png").waitFor();
    expect(await page.getByRole("alert").count()).toBe(0);
  });

  test("loads more as one scrolls", async ({ studio, owner, open }) => {
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

  test("shows what is fetched from Telegram, and why it cannot be kept", async ({
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
    await page.getByText("Could not be kept").waitFor();
    await gallery(page).getByRole("img").waitFor();
    const [image] = (await owner.client.listImages()).images;
    expect((await shownIn(page)).map(([, url]) => url)).toEqual([image!.url]);
    expect(await page.getByText("Fetching it from Telegram…").count()).toBe(0);
    expect(await gallery(page).getByText("Telegram", { exact: true }).count()).toBe(2);
  });

  test("shows a blur of each picture until it is there, and nothing behind it then", async ({
    studio,
    owner,
    open,
  }) => {
    await kept(owner, "blur.png", "#a0b0c0");
    const page = await open("/telegram");
    const arrives = Promise.withResolvers<void>();
    await page.route(`${studio.stack.cdn}/**`, async (route) => {
      await arrives.promise;
      await route.continue();
    });
    await page.getByRole("link", { name: "Images" }).click();
    const behind = () =>
      gallery(page)
        .getByRole("img")
        .evaluate((picture) => picture.style.backgroundImage);
    expect(await behind()).toMatch(/^url\("data:image\/png;base64,/);
    arrives.resolve();
    await expect.poll(behind).toBe("");
  });

  test("copies the permanent address", async ({ owner, open }) => {
    const { url } = await kept(owner, "link.png", "#667788");
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

  test("deletes after a question, with a receipt, for good", async ({ studio, owner, open }) => {
    const { image_id } = await kept(owner, "gone.png", "#778899");
    await kept(owner, "stays.png", "#8899aa");
    const page = await open("/images");
    await tile(page, "gone.png").click();
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete image" }).click();

    const receipt = page.getByRole("dialog", { name: "Deleted" });
    await receipt.getByText("gone.png is gone for everybody").waitFor();
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

  test("is used by keyboard alone", async ({ owner, open }) => {
    await kept(owner, "keys.png", "#99aabb");
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

    // once it is deleted there is no tile to go back to
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Delete…" }).press("Enter");
    await page.getByRole("button", { name: "Delete image" }).press("Enter");
    await page.getByRole("button", { name: "Done" }).press("Enter");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Gallery");
  });
});

test("the picker shows one's images, and stays when no file is chosen after all", async ({
  owner,
  open,
}) => {
  await kept(owner, "mine.png", "#b0c0d0");
  const page = await open("/");
  await page.getByRole("button", { name: "Paint after one of my images" }).click();
  const picker = page.getByRole("dialog");
  await picker.getByRole("button", { name: "mine.png" }).waitFor();
  const input = picker.getByLabel("Upload a new one");
  await input.dispatchEvent("cancel", { bubbles: true }); // as a browser says it
  await expectAccessibleEverywhere(page);
  await input.setInputFiles([
    { name: "new.png", mimeType: "image/png", buffer: await png(64, "#c0d0e0") },
  ]);
  await picker.waitFor({ state: "detached" });
  await page.getByText("Painted after new.png").waitFor();
});

test("the page and its dialogs pass axe, in light and dark, on a phone and a desktop", {
  timeout: 40_000,
}, async ({ studio: { stack }, owner, open }) => {
  await seed(stack, owner, 1, "pending");
  await seed(stack, owner, 1, "rejected");
  await kept(owner, "fine.png", "#aabbcc");
  const page = await open("/images", { reducedMotion: "reduce" });
  await tile(page, "fine.png").waitFor();
  await throttle(page, 5_000);
  await choose(page, [
    { name: "a-name-that-is-much-longer-than-a-phone-is-wide.png", bytes: await noisePng(200) },
    { name: "notes.txt", type: "text/plain", bytes: Buffer.from("x") },
  ]);
  await page.getByRole("button", { name: "Dismiss notes.txt" }).waitFor();
  await expectAccessibleEverywhere(page);
  await page.getByRole("button", { name: "Cancel a-name" }).click(); // so it was on its way until now
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

/** Picks files as the browser's own dialog would. */
function choose(page: Page, files: Chosen[]) {
  return page
    .getByLabel("Choose pictures")
    .setInputFiles(
      files.map(({ name, type = "image/png", bytes }) => ({ name, mimeType: type, buffer: bytes })),
    );
}

/** Files as somebody drags them; a number stands for that many bytes of nothing. */
function holding(page: Page, files: { name: string; type?: string; bytes: Buffer | number }[]) {
  return page.evaluateHandle(
    (files) => {
      const held = new DataTransfer();
      for (const { name, type, content } of files) {
        const bytes =
          typeof content === "number"
            ? new Uint8Array(content)
            : Uint8Array.from(atob(content), (char) => char.charCodeAt(0));
        held.items.add(new File([bytes], name, { type }));
      }
      return held;
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

/** Names and addresses of what the gallery shows, in its order. */
const shownIn = (page: Page) =>
  gallery(page)
    .getByRole("img")
    .evaluateAll((pictures) =>
      pictures.map((picture) => [picture.getAttribute("alt"), picture.getAttribute("src")]),
    );

const percentOf = async (progress: ReturnType<Page["getByRole"]>) =>
  Number(await progress.getAttribute("value"));

/** Slows the page's line down, in bytes a second; -1 for as fast as it goes. */
async function throttle(page: Page, uploadThroughput: number) {
  const devtools = await page.context().newCDPSession(page);
  const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput };
  await devtools.send("Network.emulateNetworkConditions", conditions);
}

/** Answers as somebody who knows the page, but says nothing else. */
const answer = (origin: string, status: number) => (route: Route) =>
  route.fulfill({ status, headers: { "access-control-allow-origin": origin } });

const kept = async ({ client }: Owner, name: string, colour: string): Promise<Image> =>
  client.upload(fileOf(await png(64, colour), name));

/** Rows as a bot would leave them, all of one picture: asking the bot as often would take long. */
async function seed(
  { sql }: TestStack,
  owner: Owner,
  count: number,
  status: Image["status"] = "published",
) {
  const { image_id: _, ...picture } = await kept(owner, "seed.png", "#ccddee");
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
