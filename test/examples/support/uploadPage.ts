import { randomUUID } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { inject } from "vitest";
import { testPicture } from "../../products/testPicture.ts";

export type UploadPage = Awaited<ReturnType<typeof openUploadPage>>;

/** Opens a page with a `<Dropzone>` and the user's pictures in a window of its own, as its user sees it. */
export async function openUploadPage(browser: Browser, origin: string) {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    const isOwn = message.type() === "error" && !message.text().startsWith("Failed to load");
    if (isOwn) errors.push(message.text());
  });
  await page.goto(origin);
  await page.getByRole("button", { name: "Choose pictures" }).waitFor();

  return {
    page,
    /** The errors that the browser reported, except requests that failed. */
    errors,
    summary: page.getByRole("status"),
    /** The rows of files, of one status or of all. */
    rows: (status?: string) =>
      page.locator(`[data-keepsake=file]${status ? `[data-status=${status}]` : ""}`),
    row: (name: string) => page.locator("[data-keepsake=file]", { hasText: name }),
    /** The user's pictures on the page. */
    pictures: page.locator("[aria-label=Pictures] img"),
    /** Chooses new pictures in the dialog of the button, and resolves to their names. */
    async choose(count: number): Promise<string[]> {
      const files = newPictures(count);
      const choosing = page.waitForEvent("filechooser");
      await page.getByRole("button", { name: "Choose pictures" }).click();
      const dialog = await choosing;
      await dialog.setFiles(files);
      return files.map(({ name }) => name);
    },
    /** Every `N of M` that the page shows from now on. */
    counts: () => watchCounts(page),
    /** Handles the next requests that send a file to R2: nothing answers, or R2 refuses. */
    async sending(answer: "nothing" | "refusal") {
      const { origin: r2 } = new URL(inject("keepsake").r2);
      const pattern = (url: URL) => url.origin === r2;
      await page.route(pattern, (route) => {
        if (route.request().method() !== "PUT") return route.continue();
        const headers = { "access-control-allow-origin": "*" };
        if (answer === "refusal") return route.fulfill({ status: 403, headers });
      });
      return () => page.unroute(pattern);
    },
  };
}

/** Opens a page with an uploader of another project, whose file input has this selector. */
export async function openUploader(browser: Browser, origin: string, input: string) {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("console", (line) => line.type() === "error" && errors.push(line.text()));
  page.on("pageerror", ({ message }) => errors.push(message));
  await page.goto(origin);
  const files = page.locator(input).first();
  await files.waitFor({ state: "attached" });
  return {
    page,
    /** The errors that the browser reported. */
    errors,
    /** Chooses new pictures and resolves to their names. */
    async choose(count: number): Promise<string[]> {
      const pictures = newPictures(count);
      await files.setInputFiles(pictures);
      return pictures.map(({ name }) => name);
    },
  };
}

/** Files of new pictures, each with a name of its own. */
const newPictures = (count: number) =>
  Array.from({ length: count }, () => ({
    name: `${randomUUID()}.png`,
    mimeType: "image/png",
    buffer: testPicture(),
  }));

/** All that a browser gets when it opens a page: documents, scripts and answers. */
export async function receivedBy(browser: Browser, origin: string): Promise<string> {
  const page = await browser.newPage();
  const bodies: Promise<string>[] = [];
  page.on("response", (response) => bodies.push(response.text().catch(() => "")));
  await page.goto(origin, { waitUntil: "networkidle" });
  const received = await Promise.all(bodies);
  await page.close();
  return received.join("");
}

/** Records each text that the count of the page has, also those between two renderings of the test. */
async function watchCounts(page: Page) {
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(window, { seen });
    new MutationObserver(() => {
      const text = document.querySelector("[data-keepsake=count]")?.textContent ?? "";
      if (text && seen.at(-1) !== text) seen.push(text);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  return () => page.evaluate(() => (window as unknown as { seen: string[] }).seen);
}
