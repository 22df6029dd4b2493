import type { Browser, Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type Example, installExample } from "./support/installExample.ts";
import { openUploader, receivedBy } from "./support/uploadPage.ts";

let example: Example;
let origin: string;
let browser: Browser;
beforeAll(async () => {
  [example, browser] = await Promise.all([installExample("uppy"), launchBrowser()]);
  ({ origin } = await example.serve());
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await example?.remove();
});

const patience = { timeout: 25_000 };

describe("examples/uppy, with the packed packages", () => {
  test("type-checks and builds", async () => {
    const { code, output } = await example.run(["npm", "run", "build"]);
    expect([code, output]).toEqual([0, expect.stringContaining("built in")]);
  }, 60_000);

  test("uploads 25 files with one progress for all, and shows each picture", async () => {
    const { page, errors, choose } = await open();
    const names = await choose(25);
    await clickButton(page, "Upload 25 files");
    await state(page, "Complete");
    for (const name of names) await loaded(page, name);
    expect(errors).toEqual([]);
    await page.close();
  }, 60_000);

  test("cancels 20 uploads, and uploads another file at once", async () => {
    const { page, choose } = await open();
    const stopHolding = await interceptPuts(page, () => {}); // no PUT is answered
    const cancelled = await choose(20);
    await clickButton(page, "Upload 20 files");
    await state(page, "Uploading");
    await clickButton(page, "Cancel");
    await stopHolding();
    const [name] = await choose(1);
    await clickButton(page, "Upload 1 file");
    await loaded(page, name!);
    await page.reload();
    await loaded(page, name!);
    for (const name of cancelled) expect(await page.getByAltText(name).count()).toBe(0);
    await page.close();
  }, 60_000);

  test("says why a file failed, and sends it again", async () => {
    const { page, choose } = await open();
    const stopRefusing = await interceptPuts(page, (route) => route.fulfill(refusal));
    const [name] = await choose(1);
    await clickButton(page, "Upload 1 file");
    await state(page, "Upload failed");
    const dialog = page.waitForEvent("dialog");
    const clicked = clickButton(page, "Show error details");
    expect((await dialog).message()).toContain(
      "The object store rejected the file with status 400",
    );
    await (await dialog).accept();
    await clicked;
    await stopRefusing();
    await clickButton(page, "Retry upload");
    await loaded(page, name!);
    await page.close();
  }, 60_000);

  test("waits while the browser is offline, and goes on by itself", async () => {
    const { page, choose } = await open();
    const names = await choose(3);
    await page.context().setOffline(true);
    await clickButton(page, "Upload 3 files");
    await state(page, "Uploading");
    await page.context().setOffline(false);
    for (const name of names) await loaded(page, name);
    await page.close();
  }, 60_000);

  test("gives no service key to the browser, and no token to a page of another site", async () => {
    const received = await receivedBy(browser, origin);
    expect(received).toContain(inject("keepsake").api);
    expect(received.includes(inject("keepsake").service_key)).toBe(false);

    const headers = { "sec-fetch-site": "cross-site" };
    const { status } = await fetch(`${origin}/keepsake-token`, { method: "POST", headers });
    expect(status).toBe(403);
  });
});

const refusal = { status: 400, headers: { "access-control-allow-origin": "*" }, body: "" };

const open = () => openUploader(browser, origin, ".uppy-Dashboard-input");

const clickButton = (page: Page, name: string) =>
  page.getByRole("button", { name, exact: true }).first().click();

/** Waits until Uppy's status bar says so. */
const state = (page: Page, title: string) =>
  page.locator(`.uppy-StatusBar-content[title="${title}"]`).waitFor(patience);

/** Waits until the page shows the picture with this file name, from its permanent URL. */
const loaded = async (page: Page, name: string) => {
  const picture = page.locator("[aria-label=Pictures]").getByAltText(name);
  await picture.waitFor(patience);
  await picture.evaluate((picture) => (picture as HTMLImageElement).decode());
};

/** Handles the requests that send a file to R2, until the returned function is called. */
async function interceptPuts(page: Page, answer: (route: Route) => void) {
  const handle = (route: Route) =>
    route.request().method() === "PUT" ? answer(route) : route.fallback();
  await page.route("**/*", handle);
  return () => page.unroute("**/*", handle);
}
