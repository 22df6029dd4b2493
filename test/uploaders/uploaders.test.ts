import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { noisePng } from "../support/images.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";
import { addFiles, events, network, openPage, patience, pictures } from "./openUploaderPage.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const uploaders = ["uppy6", "uppy5", "filepond", "dropzone"] as const;

describe.for(uploaders)("a page with %s", (uploader) => {
  test("publishes 25 images that are added at once, with progress and no error", async ({
    stack,
    owner,
  }) => {
    const { page, errors } = await openPage(browser, uploader, stack, owner);
    const files = await pictures(25);
    await addFiles(page, files);
    await expect.poll(() => events(page), patience).toMatchObject({ isFinished: true });

    const { succeeded, failed, progress, total, urls } = await events(page);
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
    if (uploader === "filepond") return page.close();

    await expect.poll(async () => (await events(page)).total.at(-1)).toBe(100);
    if (uploader !== "dropzone")
      // its total is of the files that are still to be uploaded
      expect(total).toEqual(total.toSorted((a, b) => a - b));
    expect(urls).toEqual(Object.fromEntries(images.map(({ filename, url }) => [filename, url])));
    await page.close();
  }, 60_000);

  test("shows what is wrong with a file that is no image, as the library's error of this file", async ({
    stack,
    owner,
  }) => {
    const { page } = await openPage(browser, uploader, stack, owner);
    const [picture] = await pictures(1);
    const text = { name: "notes.png", mimeType: "image/png", buffer: Buffer.from("only words") };
    await addFiles(page, [picture!, text]);
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

describe.for(["client", "uppy6", "uppy5", "filepond", "dropzone"] as const)(
  "a page with %s that cancels 40 uploads",
  (uploader) => {
    test("uploads the 41st at once", async ({ stack, owner }) => {
      const { page } = await openPage(browser, uploader, stack, owner);
      await network(page, { uploadThroughput: 300_000 });
      const png = await noisePng(260);
      const name = (number: number) => `cancelled-${number}.png`;
      // FilePond starts no upload while its list moves, which takes seconds: it gets ten files at a time
      const atOnce = uploader === "filepond" ? 10 : 1;
      for (let first = 0; first < 40; first += atOnce) {
        const numbers = Array.from({ length: atOnce }, (_, index) => first + index);
        const files = numbers.map((number) => ({
          name: name(number),
          mimeType: "image/png",
          buffer: Buffer.concat([png, Buffer.from(name(number))]),
        }));
        await addFiles(page, files);
        for (const number of numbers) {
          // each is cancelled at another moment: before, while and after its URL is requested
          const isStarted = (name: string) => window.page.events.started.includes(name);
          await page.waitForFunction(isStarted, name(number));
          await page.waitForTimeout((number % 10) * 12);
          await page.evaluate((name) => window.page.remove(name), name(number));
        }
      }
      const [last] = await pictures(1);
      await addFiles(page, [last!]);
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
