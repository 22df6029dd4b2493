import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { root } from "../structure/importGraph.ts";
import { launchBrowser } from "../support/browser.ts";
import { noisePng } from "../support/images.ts";
import { type Owner, type TestStack, testWithoutConsumers as test } from "../support/stack.ts";
import {
  addFiles,
  bundleOf,
  events,
  network,
  openPage,
  patience,
  pictures,
} from "./openUploaderPage.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

describe.for(["uppy6", "uppy5"] as const)("@keepsake/uppy with %s", (uploader) => {
  test("keeps a file whose upload failed, with the message, and publishes it on a retry", async ({
    stack,
    owner,
  }) => {
    const { page } = await openPage(browser, uploader, stack, owner);
    const message = "No room is left: delete an image first";
    const error = { code: "owner.full", message, details: { limit: 1 }, request_id: "r" };
    const headers = { "access-control-allow-origin": "*" };
    const answer = { status: 409, headers, json: { error } };
    await page.route("**/uploads", (route) => route.fulfill(answer));
    const files = await pictures(3);
    await addFiles(page, files);
    const names = files.map(({ name }) => name);
    await expect
      .poll(() => events(page), patience)
      .toMatchObject({ failed: Object.fromEntries(names.map((name) => [name, message])) });
    expect(await states(page)).toEqual(names.map((name) => [name, message, false]));

    await page.unroute("**/uploads");
    await page.evaluate(() => window.uppy.retryUpload(window.uppy.getFiles()[0]!.id));
    expect((await events(page)).succeeded).toEqual(names.slice(0, 1));
    await page.evaluate(() => window.uppy.retryAll());
    expect((await events(page)).succeeded.toSorted()).toEqual(names.toSorted());
    expect(await states(page)).toEqual(names.map((name) => [name, null, true]));
    expect(await published(owner)).toEqual(names.toSorted());
    await page.close();
  }, 60_000);

  test("goes on by itself when the page is online again, and publishes each of 25 files once", async ({
    stack,
    owner,
  }) => {
    const { page } = await openPage(browser, uploader, stack, owner);
    await network(page, { uploadThroughput: 400_000 });
    const files = await pictures(25);
    await addFiles(page, files);
    await expect
      .poll(async () => (await events(page)).succeeded.length, patience)
      .toBeGreaterThan(1);
    let failedAt = Number.POSITIVE_INFINITY;
    page.on("requestfailed", () => {
      failedAt = Date.now();
    });
    await network(page, { offline: true });
    await expect.poll(() => Date.now() - failedAt, patience).toBeGreaterThan(1_000);
    expect(await events(page)).toMatchObject({ failed: {}, isFinished: false });

    await network(page, {});
    await expect.poll(() => events(page), patience).toMatchObject({ failed: {}, isFinished: true });
    const names = files.map(({ name }) => name).toSorted();
    expect((await events(page)).succeeded.toSorted()).toEqual(names);
    expect(await published(owner)).toEqual(names);
    await page.close();
  }, 90_000);

  test("publishes a file once when the answer to its completion was lost", async ({
    stack,
    owner,
  }) => {
    const { page } = await openPage(browser, uploader, stack, owner);
    let lost = 0;
    await page.route("**/complete", (route) => {
      lost += 1;
      return lost <= 3 ? route.abort() : route.continue(); // the client sends it 3 times
    });
    const [file] = await pictures(1);
    await addFiles(page, [file!]);
    await expect.poll(() => events(page), patience).toMatchObject({ succeeded: [file!.name] });
    expect(await published(owner)).toEqual([file!.name]);
    await page.close();
  }, 60_000);

  test("publishes a stored file once that failed or was paused, when it is sent again", async ({
    stack,
    owner,
  }) => {
    const { page } = await openPage(browser, uploader, stack, owner);
    const headers = { "access-control-allow-origin": "*" };
    const error = { code: "token.refused", message: "Sign in again", request_id: "r" };
    await page.route("**/complete", (route) =>
      route.fulfill({ status: 401, headers, json: { error } }),
    );
    const [first, second] = await pictures(2);
    await addFiles(page, [first!]);
    await expect.poll(() => events(page), patience).toMatchObject({ isFinished: true });
    expect(await pending(stack, owner)).toBe(1);
    let sent = 0;
    page.on("request", (request) => {
      if (request.method() === "PUT") sent += 1;
    });
    await page.unroute("**/complete");
    await page.evaluate(() => window.uppy.retryAll());
    expect([await published(owner), sent]).toEqual([[first!.name], 0]);

    await page.route("**/complete", (route) => route.abort());
    await addFiles(page, [second!]);
    await page.evaluate(
      () => new Promise<void>((resolve) => window.uppy.once("upload-stalled", () => resolve())),
    );
    await page.evaluate(() => window.uppy.pauseAll());
    await expect.poll(() => pending(stack, owner), patience).toBe(0);
    await page.unroute("**/complete");
    await page.evaluate(() => window.uppy.resumeAll());
    const names = [first!.name, second!.name].toSorted();
    await expect.poll(() => published(owner), patience).toEqual(names);
    await page.close();
  }, 60_000);

  test("frees the pending uploads of paused files, and publishes each file once when it is resumed", async ({
    stack,
    owner,
  }) => {
    const { page } = await openPage(browser, uploader, stack, owner);
    await network(page, { uploadThroughput: 100_000 });
    const png = await noisePng(400);
    const files = Array.from({ length: 10 }, (_, number) => ({
      name: `${number}.png`,
      mimeType: "image/png",
      buffer: Buffer.concat([png, Buffer.from([number])]),
    }));
    await addFiles(page, files);
    await expect.poll(() => pending(stack, owner), patience).toBe(3);
    await page.evaluate(() => window.uppy.pauseAll());
    await expect.poll(() => pending(stack, owner), patience).toBe(0);

    await network(page, {});
    await page.evaluate(() => window.uppy.resumeAll());
    await expect.poll(() => events(page), patience).toMatchObject({ isFinished: true });
    const names = files.map(({ name }) => name);
    expect([await published(owner), (await events(page)).failed]).toEqual([names, {}]);
    await page.close();
  }, 60_000);

  test("resumes one file that was paused, while the others go on", async ({ stack, owner }) => {
    const { page } = await openPage(browser, uploader, stack, owner);
    await network(page, { uploadThroughput: 50_000 });
    const [first, ...others] = await pictures(3);
    const large = { ...first!, buffer: await noisePng(400) };
    await addFiles(page, [large]);
    await expect.poll(() => pending(stack, owner), patience).toBe(1);
    const pauseOrResume = () =>
      page.evaluate((name) => {
        const file = window.uppy.getFiles().find((file) => file.name === name)!;
        return window.uppy.pauseResume(file.id);
      }, large.name);
    expect(await pauseOrResume()).toBe(true);
    await network(page, {});
    await addFiles(page, others);
    const names = others.map(({ name }) => name);
    await expect
      .poll(async () => (await events(page)).succeeded.toSorted(), patience)
      .toEqual(names);

    expect(await pauseOrResume()).toBe(false);
    const all = [...names, large.name].toSorted();
    await expect.poll(() => published(owner), patience).toEqual(all);
    await page.close();
  }, 60_000);

  test("uploads under the name that a file has in Uppy, with the options of the plugin", async ({
    stack,
    owner,
  }) => {
    const { page } = await openPage(browser, uploader, stack, owner);
    const [file] = await pictures(1);
    await page.setInputFiles("#files", [file!]);
    const upload = () =>
      page.evaluate(async () => {
        const { uppy } = window;
        uppy.getPlugin("Keepsake")!.setOptions({ visibility: "private", reuse: true } as object);
        const [data] = document.querySelector("input")!.files!;
        const id = uppy.addFile({ name: data!.name, type: data!.type, data: data! });
        uppy.setFileMeta(id, { name: "renamed.png" });
        await uppy.upload();
        const { response } = uppy.getFile(id);
        uppy.removeFile(id);
        return response;
      });
    const [first, second] = [await upload(), await upload()];
    const [image] = (await owner.client.listImages()).images;
    expect(image).toMatchObject({ filename: "renamed.png", visibility: "private" });
    expect(first).toEqual({ status: 200, body: image, uploadURL: image!.url });
    expect(second).toEqual(first);
    await page.close();
  }, 60_000);

  test("says at once what is wrong with a file that it cannot send", async ({ stack, owner }) => {
    const { page } = await openPage(browser, uploader, stack, owner);
    const failed = await page.evaluate(async () => {
      const remote = { companionUrl: "", requestClientId: "", url: "" };
      const type = "text/plain";
      window.uppy.addFile({
        name: "notes.txt",
        type,
        data: new File(["text"], "notes.txt", { type }),
      });
      window.uppy.addFile({ name: "a.png", data: { size: 9 }, isRemote: true, remote } as never);
      await window.uppy.upload().catch(() => {});
      return window.page.events.failed;
    });
    expect(failed).toEqual({
      "notes.txt": "Send a PNG, JPEG, WebP, AVIF or GIF image",
      "a.png": "Only files of this device can be uploaded: choose the file on this device",
    });
    await page.close();
  });

  test("cancels what is being sent when Uppy is destroyed, cancelled or cleared", async ({
    stack,
    owner,
  }) => {
    for (const end of ["destroy", "cancelAll", "clear"] as const) {
      const { page } = await openPage(browser, uploader, stack, owner);
      await network(page, { uploadThroughput: 50_000 });
      const buffer = await noisePng(400);
      await addFiles(page, [
        { name: "1.png", mimeType: "image/png", buffer },
        { name: "2.png", mimeType: "image/png", buffer },
      ]);
      await expect.poll(() => pending(stack, owner), patience).toBe(2);
      await page.evaluate((end) => window.uppy[end](), end);
      await expect.poll(() => pending(stack, owner), patience).toBe(0);
      await page.close();
    }
    expect(await published(owner)).toEqual([]);
  }, 60_000);
});

test("the lines of the README of @keepsake/uppy upload a file, with a token of the page's backend", async ({
  stack,
  owner,
}) => {
  const [, lines = ""] = /```ts\n(.*?)```/s.exec(readme()) ?? [];
  expect(lines.trim().split("\n").length).toBeLessThanOrEqual(8);
  const page = await browser.newPage();
  await page.goto(inject("pages").allowed);
  const token = await stack.issuer.sign(owner.sub);
  const expires_at = new Date(Date.now() + 600_000).toISOString();
  await page.route("**/keepsake-token", (route) => route.fulfill({ json: { token, expires_at } }));
  await page.addScriptTag({
    content: await bundleOf(`const api = ${JSON.stringify(stack.api)};
      ${lines}
      Object.assign(window, { uppy });`),
  });
  const printed = page.waitForEvent("console");
  await page.evaluate(
    async (bytes) => {
      const data = new Blob([new Uint8Array(bytes)]);
      window.uppy.addFile({ name: "first.png", type: "image/png", data });
      await window.uppy.upload();
    },
    Array.from(await noisePng(16)),
  );
  const [image] = (await owner.client.listImages()).images;
  expect((await printed).text()).toBe(`first.png ${image!.url}`);
  await page.close();
});

const readme = () => readFileSync(join(root, "packages/uppy/README.md"), "utf8");

/** The files in Uppy, with their errors, and whether they are uploaded. */
const states = (page: Page) =>
  page.evaluate(() =>
    window.uppy
      .getFiles()
      .map(({ name, error, progress }) => [name, error ?? null, progress.uploadComplete === true]),
  );

/** The names of the owner's images, which are all published. */
async function published({ client }: Owner) {
  const { images } = await client.listImages({ limit: 100 });
  expect(images.filter(({ status }) => status !== "published")).toEqual([]);
  return images.map(({ filename }) => filename).toSorted();
}

/** How many uploads of the owner are pending. */
async function pending({ sql }: TestStack, { sub }: Owner): Promise<number> {
  const [row] = await sql`
    select count(*)::integer as count from images
    where owner_id = ${`user:${sub}`} and status = 'pending'
  `;
  return row!.count;
}
