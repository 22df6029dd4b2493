import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { fileOf } from "../support/files.ts";
import { noisePng } from "../support/images.ts";
import { type Owner, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";
import type { serve } from "./pages/page.ts";

/** An idle machine needs about 3 s for 25 files. */
const patience = { timeout: 45_000 };

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const uploaders = ["uppy6", "uppy5", "filepond", "dropzone"] as const;
type Uploader = (typeof uploaders)[number] | "client";

describe.for(uploaders)("a page with %s", (uploader) => {
  test("publishes 25 images that are added at once, with progress and no error", async ({
    stack,
    owner,
  }) => {
    const { page, errors } = await open(uploader, stack, owner);
    const files = await pictures(25);
    await add(page, files);
    await expect.poll(() => events(page), patience).toMatchObject({ isFinished: true });

    const { succeeded, failed, progress } = await events(page);
    const names = files.map(({ name }) => name).sort();
    expect([succeeded.toSorted(), failed]).toEqual([names, {}]);
    for (const name of names) {
      expect(progress[name]).toEqual(progress[name]?.toSorted((a, b) => a - b));
      expect(progress[name]?.at(-1)).toBe(1);
    }
    const { images } = await owner.client.listImages({ limit: 100 });
    expect(images.map(({ filename, status }) => `${filename} ${status}`).sort()).toEqual(
      names.map((name) => `${name} published`),
    );
    expect(errors).toEqual([]);
    await page.close();
  }, 60_000);

  test("shows what is wrong with a file that is no image, as the library's error of this file", async ({
    stack,
    owner,
  }) => {
    const { page } = await open(uploader, stack, owner);
    const [picture] = await pictures(1);
    const text = { name: "notes.png", mimeType: "image/png", buffer: Buffer.from("only words") };
    await add(page, [picture!, text]);
    const { message } = await owner.client.upload(fileOf(text.buffer, text.name)).then(
      () => expect.fail("it was published"),
      (error: Error) => error,
    );
    const outcome = { succeeded: [picture!.name], failed: { "notes.png": message } };
    await expect.poll(() => events(page), patience).toMatchObject(outcome);
    const { images } = await owner.client.listImages();
    expect(images.map(({ filename }) => filename)).toEqual([picture!.name]);
    await page.close();
  }, 60_000);
});

describe.for(["client", "uppy6", "uppy5", "dropzone"] as const)(
  "a page with %s that cancels 40 uploads",
  (uploader) => {
    test("uploads the 41st at once", async ({ stack, owner }) => {
      const { page } = await open(uploader, stack, owner);
      await throttle(page, 300_000);
      const buffer = await noisePng(260);
      for (let number = 0; number < 40; number += 1) {
        const name = `cancelled-${number}.png`;
        // each is cancelled at another moment: before, while and after its URL is requested
        const file = {
          name,
          mimeType: "image/png",
          buffer: Buffer.concat([buffer, Buffer.from(name)]),
        };
        await add(page, [file]);
        await page.waitForFunction((name) => window.page.events.started.includes(name), name);
        await page.waitForTimeout((number % 10) * 12);
        await page.evaluate((name) => window.page.remove(name), name);
      }
      const [last] = await pictures(1);
      await add(page, [last!]);
      await expect.poll(() => events(page), patience).toMatchObject({ succeeded: [last!.name] });
      const { images } = await owner.client.listImages();
      expect(images.map(({ filename }) => filename)).toEqual([last!.name]);

      const uploads = () =>
        stack.sql`select status from images where owner_id = ${`user:${owner.sub}`}`;
      await expect.poll(uploads, patience).toEqual([{ status: "published" }]);
      const [cancelled] = await stack.sql`
        select count(*)::integer as count from erasures where owner_id = ${`user:${owner.sub}`}
      `;
      expect(cancelled!.count).toBeGreaterThan(20);
      await page.close();
    }, 60_000);
  },
);

describe("a page with filepond", () => {
  test("cancels the upload of a file that is removed while it is sent", async ({
    stack,
    owner,
  }) => {
    const { page } = await open("filepond", stack, owner);
    await throttle(page, 50_000);
    const name = "cancelled.png";
    await add(page, [{ name, mimeType: "image/png", buffer: await noisePng(500) }]);
    const uploads = () =>
      stack.sql`select status from images where owner_id = ${`user:${owner.sub}`}`;
    await expect.poll(uploads, patience).toEqual([{ status: "pending" }]);
    await page.evaluate((name) => window.page.remove(name), name);
    await expect.poll(uploads, patience).toEqual([]);
    await page.close();
  }, 60_000);
});

declare global {
  interface Window {
    page: ReturnType<typeof serve>;
  }
}

type InputFile = { name: string; mimeType: string; buffer: Buffer };

/** A page of another origin with the uploader, signed in as the owner, and the error lines of its console. */
async function open(uploader: Uploader, stack: TestStack, { sub }: Owner) {
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

async function bundle(uploader: Uploader): Promise<string> {
  const entry = fileURLToPath(new URL(`pages/${uploader}.ts`, import.meta.url));
  const options = { bundle: true, format: "iife", write: false } as const;
  const { outputFiles } = await build({ entryPoints: [entry], ...options });
  return outputFiles[0]!.text;
}

async function add(page: Page, files: InputFile[]) {
  await page.setInputFiles("#files", files);
  await page.evaluate(() => window.page.add());
}

const events = (page: Page) => page.evaluate(() => window.page.events);

/** Distinct PNGs and JPEGs of 4 kB to 1 MB. */
function pictures(count: number): Promise<InputFile[]> {
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

/** Limits the page's upload rate, in bytes a second. */
async function throttle(page: Page, uploadThroughput: number) {
  const devtools = await page.context().newCDPSession(page);
  const conditions = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput };
  await devtools.send("Network.emulateNetworkConditions", conditions);
}
