import type { Page, Request, Route } from "playwright-core";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import type { Owner, TestStack } from "../support/stack.ts";
import { expectAccessible } from "../support/studio.ts";
import {
  choose,
  gallery,
  patience,
  pictures,
  row,
  statuses,
  test,
  throttle,
} from "./support/reactPage.ts";

describe("a page with a dropzone", () => {
  test("publishes 25 pictures with the progress of all, which appear in its list without loading it again", async ({
    owner,
    open,
  }) => {
    const { page, requests } = await open();
    await throttle(page, 1_000_000);
    await watchProgress(page);
    const files = await pictures(25, 60);
    await choose(page, files);
    await page.getByText("25 files uploaded", { exact: true }).waitFor(patience);
    expect(await statuses(page)).toEqual(Array(25).fill("published"));

    const progress = await page.evaluate(() => window.progress);
    expect(progress.length).toBeGreaterThan(3);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(1);
    const { images } = await owner.client.listImages();
    const shown = await gallery(page).getByRole("img").evaluateAll(sources);
    expect(shown).toEqual(images.map(({ url }) => url));
    expect(shown).toHaveLength(25);
    expect(requests.filter((request) => request.startsWith("GET /images"))).toHaveLength(1);
    expect(await announced(page)).toEqual(["Uploading…", "25 files uploaded"]);
  }, 90_000);

  test("cancels one file, whose upload the server forgets, and sends it on retry", async ({
    stack,
    owner,
    open,
  }) => {
    const { page } = await open();
    await throttle(page, 40_000);
    const [file] = await pictures(1, 300);
    await choose(page, [file!]);
    await expect.poll(uploadsOf(stack, owner), patience).toEqual(["pending"]);
    await row(page, "0.png").getByRole("button", { name: "Cancel 0.png" }).click();
    await expect.poll(uploadsOf(stack, owner), patience).toEqual([]);
    expect(await statuses(page)).toEqual(["cancelled"]);
    await throttle(page, -1);
    await row(page, "0.png").getByRole("button", { name: "Retry 0.png" }).click();
    await gallery(page).getByRole("img", { name: "0.png" }).waitFor();
    expect(await uploadsOf(stack, owner)()).toEqual(["published"]);
  }, 60_000);

  test("cancels all files that are not sent yet", async ({ stack, owner, open }) => {
    const { page } = await open();
    await throttle(page, 40_000);
    await choose(page, await pictures(12, 200));
    await expect.poll(uploadsOf(stack, owner), patience).toHaveLength(3);
    await page.getByRole("button", { name: "Cancel all" }).click();
    await expect.poll(uploadsOf(stack, owner), patience).toEqual([]);
    expect(await statuses(page)).toEqual(Array(12).fill("cancelled"));
    expect((await owner.client.listImages()).images).toEqual([]);
  }, 60_000);

  test("waits while the browser is offline, and publishes every file once when it is back", async ({
    stack,
    owner,
    open,
  }) => {
    const { page } = await open();
    await throttle(page, 150_000);
    await choose(page, await pictures(8, 200));
    await expect.poll(() => statuses(page), patience).toContain("published");
    await throttle(page, 150_000, true);
    await page.getByText("No connection: the upload goes on when it is back").waitFor();
    expect(await statuses(page)).toContain("offline");
    expect(await statuses(page)).not.toContain("failed");
    const begun = new Set<Request>();
    const answers: string[] = [];
    page.on("request", (request) => begun.add(request));
    page.on("response", (response) => {
      if (begun.has(response.request())) answers.push(response.url());
    });
    await page.waitForTimeout(3_000); // until the requests that cancel what was being sent have failed
    expect(answers).toEqual([]);
    await throttle(page, -1);
    await page.getByText("8 files uploaded", { exact: true }).waitFor(patience);
    const { images } = await owner.client.listImages();
    expect(images.map(({ filename }) => filename).sort()).toEqual(
      Array.from({ length: 8 }, (_, number) => `${number}.png`),
    );
    // what was being sent when the connection failed is cancelled now
    await expect.poll(uploadsOf(stack, owner), patience).toEqual(Array(8).fill("published"));
  }, 90_000);

  test("waits when requests fail although the browser says that it is online, and then goes on by itself", async ({
    stack,
    open,
  }) => {
    const { page } = await open();
    const everything = new RegExp(`^${stack.api}/uploads`);
    await page.route(everything, (route) => route.abort("connectionfailed"));
    await choose(page, await pictures(3));
    await page.getByText("No connection: the upload goes on when it is back").waitFor();
    expect(await page.evaluate(() => navigator.onLine)).toBe(true);
    await page.unroute(everything);
    await page.getByText("3 files uploaded", { exact: true }).waitFor(patience);
  }, 60_000);

  test("announces once that the connection failed, however often it tries to send a file", async ({
    stack,
    open,
  }) => {
    const { page } = await open();
    await watchProgress(page);
    let tried = 0;
    await page.route(`${stack.api}/uploads`, (route) => {
      tried += 1;
      return tried <= 9 ? route.abort("connectionfailed") : route.continue(); // 3 times an attempt
    });
    await choose(page, await pictures(1));
    await page.getByText("1 file uploaded", { exact: true }).waitFor(patience);
    const texts = await announced(page);
    const offline = "No connection: the upload goes on when it is back";
    expect(texts.slice(0, 2)).toEqual(["Uploading…", offline]);
    expect(texts.filter((text) => text === offline)).toHaveLength(1);
    expect(tried).toBe(10);
  }, 60_000);

  test("says what to check when the bucket answers no request of its origin", async ({ open }) => {
    const { page } = await open();
    const isPut = (route: Route) => route.request().method() === "PUT";
    await page.route("**/*", (route) => (isPut(route) ? route.abort("failed") : route.continue()));
    await choose(page, await pictures(1));
    await row(page, "0.png")
      .getByText("The file could not be sent: try again. Check the connection, CORS")
      .waitFor(patience);
    await page.unroute("**/*");
    await page.getByRole("button", { name: "Retry 0.png" }).click();
    await page.getByText("1 file uploaded", { exact: true }).waitFor(patience);
  }, 90_000);

  test("keeps a picture private that a component adds when it is mounted", async ({
    owner,
    open,
  }) => {
    const { page } = await open({ mountsWith: (await png(64, "#654321")).toString("base64") });
    await gallery(page).getByText("Describe mounted.png").waitFor();
    const { images } = await owner.client.listImages();
    expect(images.map(({ visibility }) => visibility)).toEqual(["private"]);
  });

  test("keeps a picture private that is chosen by a button with this option in a dropzone", async ({
    owner,
    open,
  }) => {
    const { page } = await open({ button: { visibility: "private" } });
    await choose(page, await pictures(1));
    await gallery(page).getByText("Describe 0.png").waitFor();
    const { images } = await owner.client.listImages();
    expect(images.map(({ visibility }) => visibility)).toEqual(["private"]);
  });

  test("cancels what it was sending when it is removed, and sends nothing more", async ({
    stack,
    owner,
    open,
  }) => {
    const { page, requests } = await open();
    await throttle(page, 40_000);
    await choose(page, await pictures(6, 200));
    await expect.poll(uploadsOf(stack, owner), patience).toHaveLength(3);
    await page.evaluate(() => window.reactPage.unmount());
    await expect.poll(uploadsOf(stack, owner), patience).toEqual([]);
    const sent = requests.length;
    await page.waitForTimeout(1_000);
    expect(requests.slice(sent)).toEqual([]);
  }, 60_000);

  test("says why a file failed, and does not offer to send what can never be published", async ({
    open,
  }) => {
    const { page } = await open();
    const text = { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("words") };
    const fake = { name: "fake.png", mimeType: "image/png", buffer: Buffer.from("<html>words") };
    await choose(page, [...(await pictures(1)), text, fake]);
    await page.getByText("1 file uploaded, 2 files failed").waitFor(patience);
    await row(page, "notes.txt").getByText("Send a PNG, JPEG, WebP, AVIF or GIF image").waitFor();
    expect(await page.getByRole("button", { name: /Retry/ }).count()).toBe(0);
    await page.getByRole("button", { name: "Dismiss notes.txt" }).press("Enter");
    expect(await row(page, "notes.txt").count()).toBe(0);
    // the focus stays near what was removed
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    expect(await focused()).toBe("Files");
  });

  test("opens the browser's dialog by keyboard", async ({ open }) => {
    const { page } = await open({ dropzone: { maxFiles: 1 } });
    await page.getByRole("button", { name: "Choose pictures" }).waitFor();
    const choosing = page.waitForEvent("filechooser");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const chooser = await choosing;
    expect(chooser.isMultiple()).toBe(false);
    await chooser.setFiles(await pictures(1));
    await page.getByText("1 file uploaded", { exact: true }).waitFor(patience);
  });

  test("passes axe while it uploads, and with files that are published, cancelled and failed", async ({
    open,
  }) => {
    const { page } = await open();
    await expectAccessible(page);
    await choose(page, [
      ...(await pictures(1)),
      { name: "fake.png", mimeType: "image/png", buffer: Buffer.from("<html>words") },
    ]);
    await page.getByText("1 file uploaded, 1 file failed").waitFor(patience);
    await throttle(page, 5_000);
    const [slow, other] = await pictures(2, 200);
    await choose(page, [
      { ...slow!, name: "slow.png" },
      { ...other!, name: "other.png" },
    ]);
    await page.getByRole("button", { name: "Cancel other.png" }).click();
    await page.getByRole("progressbar", { name: "Uploading slow.png" }).waitFor();
    await page.getByRole("progressbar", { name: "Progress of all files" }).waitFor();
    await expectAccessible(page);
  }, 60_000);
});

declare global {
  interface Window {
    /** The values of the total progress, in order. */
    progress: number[];
    announced: string[];
  }
}

/** Records what the page shows and announces of the total progress. */
const watchProgress = (page: Page) =>
  page.evaluate(() => {
    window.progress = [];
    window.announced = [];
    new MutationObserver(() => {
      const bar = document.querySelector<HTMLProgressElement>("[aria-label^='Progress']");
      if (bar && bar.value !== window.progress.at(-1)) window.progress.push(bar.value);
      const text = document.querySelector("[role=status]")!.textContent;
      if (text && text !== window.announced.at(-1)) window.announced.push(text);
    }).observe(document.body, {
      subtree: true,
      childList: true,
      attributes: true,
      characterData: true,
    });
  });

const announced = (page: Page) => page.evaluate(() => window.announced);

const sources = (images: Element[]) => images.map((image) => image.getAttribute("src"));

/** The statuses of the owner's images and uploads. */
const uploadsOf =
  ({ sql }: TestStack, { sub }: Owner) =>
  async () => {
    const rows = await sql`select status from images where owner_id = ${`user:${sub}`}`;
    return rows.map(({ status }) => status);
  };
