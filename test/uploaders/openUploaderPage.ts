import { fileURLToPath } from "node:url";
import { type BuildOptions, build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { inject } from "vitest";
import { noisePng } from "../support/images.ts";
import type { Owner, TestStack } from "../support/stack.ts";
import type { serve } from "./pages/page.ts";

export type Uploader = "uppy6" | "uppy5" | "filepond" | "dropzone" | "client";

/** An idle machine needs about 3 s for 25 files. */
export const patience = { timeout: 45_000 };

declare global {
  interface Window {
    page: ReturnType<typeof serve>;
  }
}

/** A page of another origin with the uploader, signed in as the owner, and the error lines of its console. */
export async function openPage(
  browser: Browser,
  uploader: Uploader,
  stack: TestStack,
  { sub }: Owner,
) {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on("console", (line) => line.type() === "error" && errors.push(line.text()));
  page.on("pageerror", ({ message }) => errors.push(message));
  await page.goto(inject("pages").allowed);
  await page.addScriptTag({ content: await bundle(uploader) });
  const options = { baseUrl: stack.api, token: await stack.issuer.sign(sub) };
  await page.evaluate((options) => window.page.start(options), options);
  return { page, errors };
}

/** Uppy 5 and 6 run the same page. */
async function bundle(uploader: Uploader): Promise<string> {
  const name = uploader.replace(/\d$/, "");
  const alias = { "@uppy/core": path("uppy5/node_modules/@uppy/core/lib/index.js") };
  const options: BuildOptions = {
    entryPoints: [path(`pages/${name}.ts`)],
    bundle: true,
    format: "iife",
    write: false,
    ...(uploader === "uppy5" && { alias }),
  };
  const { outputFiles } = await build(options);
  return outputFiles![0]!.text;
}

/** A script for the page from lines of TypeScript, which may import packages. */
export async function bundleOf(contents: string): Promise<string> {
  const stdin = { contents, loader: "ts" as const, resolveDir: path(".") };
  const { outputFiles } = await build({ stdin, bundle: true, format: "iife", write: false });
  return outputFiles[0]!.text;
}

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

export type InputFile = { name: string; mimeType: string; buffer: Buffer };

export async function addFiles(page: Page, files: InputFile[]) {
  await page.setInputFiles("#files", files);
  await page.evaluate(() => window.page.add());
}

export const events = (page: Page) => page.evaluate(() => window.page.events);

/** Distinct PNGs and JPEGs of 4 kB to 1 MB. */
export function pictures(count: number): Promise<InputFile[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, number) => {
      const side = 36 + Math.round(((number * 7) % count) * (540 / count));
      const png = await noisePng(side);
      return number % 2 === 0
        ? { name: `${number}.png`, mimeType: "image/png", buffer: png }
        : {
            name: `${number}.jpg`,
            mimeType: "image/jpeg",
            buffer: await sharp(png).jpeg().toBuffer(),
          };
    }),
  );
}

/** Sets the page's upload rate, in bytes a second, and whether it is offline. */
export async function network(page: Page, { uploadThroughput = -1, offline = false }) {
  const conditions = { offline, latency: 0, downloadThroughput: -1, uploadThroughput };
  await (await devtools(page)).send("Network.emulateNetworkConditions", conditions);
}

const sessions = new WeakMap<Page, ReturnType<typeof newSession>>();
const newSession = (page: Page) => page.context().newCDPSession(page);

function devtools(page: Page) {
  const session = sessions.get(page) ?? newSession(page);
  sessions.set(page, session);
  return session;
}
