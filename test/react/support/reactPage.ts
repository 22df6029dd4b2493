import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, CDPSession, Locator, Page } from "playwright-core";
import { expect, inject } from "vitest";
import { launchBrowser } from "../../support/browser.ts";
import { noisePng, png } from "../../support/images.ts";
import { testWithoutConsumers as base } from "../../support/stack.ts";
import type { PageOptions } from "../pages/testPage.tsx";

type OpenOptions = Omit<PageOptions, "api" | "token"> & {
  /** The HTML that the page takes over. */
  html?: string;
};

/**
 * Vitest's `test` with `open`, which opens the page of `pages/testPage.tsx` in Chromium, signed in as the test's owner, in
 * React's development build and StrictMode. A test fails when its page logs an error or a warning.
 */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the pattern to learn what a fixture uses.
  .extend("browser", { scope: "file" }, async ({}, { onCleanup }): Promise<Browser> => {
    const browser = await launchBrowser();
    onCleanup(() => browser.close());
    return browser;
  })
  // biome-ignore lint/correctness/noEmptyPattern: as above.
  .extend("script", { scope: "file" }, async ({}) => bundle())
  // biome-ignore lint/correctness/noEmptyPattern: as above.
  .extend("folder", async ({}, { onCleanup }) => {
    const folder = await folderOfPictures();
    onCleanup(() => rm(folder, { recursive: true }));
    return folder;
  })
  .extend("open", ({ browser, script, stack, owner }, { onCleanup }) => {
    const problems: string[] = [];
    const pages: Page[] = [];
    onCleanup(async () => {
      await Promise.all(pages.map((page) => page.context().close()));
      expect(problems).toEqual([]);
    });
    return async ({ html, ...options }: OpenOptions = {}) => {
      const context = await browser.newContext();
      context.setDefaultTimeout(15_000);
      const page = await context.newPage();
      pages.push(page);
      const requests: string[] = [];
      page.on("request", (request) => {
        if (request.url().startsWith(stack.api) && request.method() !== "OPTIONS")
          requests.push(`${request.method()} ${request.url().slice(stack.api.length)}`);
      });
      page.on("pageerror", (error) => problems.push(`${error}`));
      page.on("console", (line) => {
        const isRefused = line.text().includes("Failed to load resource"); // the browser's own line of a failed request
        if (["error", "warning"].includes(line.type()) && !isRefused) problems.push(line.text());
      });
      await page.goto(inject("pages").allowed);
      if (html !== undefined)
        await page.evaluate((html) => {
          document.documentElement.lang = "en";
          document.body.innerHTML = `<div id="root">${html}</div>`;
        }, html);
      await page.addScriptTag({ content: script });
      await page.evaluate(
        ({ options, method }) => {
          document.documentElement.lang = "en";
          window.reactPage[method](options);
        },
        {
          options: { ...options, api: stack.api, token: await stack.issuer.sign(owner.sub) },
          method: html === undefined ? ("render" as const) : ("hydrate" as const),
        },
      );
      return { page, requests };
    };
  });

/** A folder with three pictures, one in a folder of its own, and two files that are none. */
async function folderOfPictures(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "keepsake-folder-"));
  await mkdir(join(folder, "b"));
  for (const [index, name] of ["a.png", "b/b10.png", "b/b2.png"].entries())
    await writeFile(join(folder, name), await png(64, `#5060${index}0`));
  for (const name of ["notes.txt", "b/.DS_Store"]) await writeFile(join(folder, name), "words");
  return folder;
}

async function bundle(): Promise<string> {
  const entry = fileURLToPath(new URL("../pages/startTestPage.tsx", import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "iife",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"development"' },
    write: false,
  });
  return outputFiles[0]!.text;
}

export type InputFile = { name: string; mimeType: string; buffer: Buffer };

/** Distinct PNGs of one colour, or of noise with this many pixels a side. */
export const pictures = (count: number, side?: number): Promise<InputFile[]> =>
  Promise.all(
    Array.from({ length: count }, async (_, number) => ({
      name: `${number}.png`,
      mimeType: "image/png",
      buffer: side
        ? await noisePng(side)
        : await png(64, `#${(0x102030 + number * 977).toString(16).padStart(6, "0")}`),
    })),
  );

export const choose = (page: Page, files: InputFile[]) =>
  page.locator("input[type=file]").setInputFiles(files);

/** The rows of the list of files, by their status. */
export const statuses = (page: Page): Promise<string[]> =>
  page
    .getByRole("list", { name: "Files" })
    .locator("li")
    .evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset.status!));

export const row = (page: Page, name: string): Locator =>
  page.getByRole("list", { name: "Files" }).getByRole("listitem").filter({ hasText: name });

export const gallery = (page: Page) => page.getByRole("region", { name: "Gallery" });

const sessions = new WeakMap<Page, CDPSession>();

/** Limits the page's uploads to so many bytes a second, -1 removes the limit; or takes its connection. */
export async function throttle(page: Page, uploadThroughput: number, offline = false) {
  const devtools = sessions.get(page) ?? (await page.context().newCDPSession(page));
  sessions.set(page, devtools); // each session has a limit of its own
  const conditions = { offline, latency: 0, downloadThroughput: -1, uploadThroughput };
  await devtools.send("Network.emulateNetworkConditions", conditions);
}

export const patience = { timeout: 45_000 };
