import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type Example, installExample } from "./support/installExample.ts";
import { openUploader, receivedBy } from "./support/uploadPage.ts";

let example: Example;
let origin: string;
let browser: Browser;
beforeAll(async () => {
  [example, browser] = await Promise.all([installExample("filepond"), launchBrowser()]);
  ({ origin } = await example.serve());
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await example?.remove();
});

const patience = { timeout: 40_000 };

describe("examples/filepond, with the packed client and no bundler", () => {
  test("uploads 5 files, shows each picture, and deletes one that is removed", async () => {
    const { page, errors, choose } = await open();
    const names = await choose(5);
    const pictures = page.locator("[aria-label=Pictures]");
    for (const name of names) {
      const picture = pictures.getByAltText(name);
      await picture.waitFor(patience);
      await picture.evaluate((picture) => (picture as HTMLImageElement).decode());
    }
    const [name] = names;
    await button(page, name!, "revert").click();
    await pictures.getByAltText(name!).waitFor({ state: "detached" });
    await page.reload();
    await pictures.getByAltText(names[1]!).waitFor();
    expect(await pictures.getByAltText(name!).count()).toBe(0);
    expect(errors).toEqual([]);
    await page.close();
  }, 90_000);

  test("says why a file failed, and sends it again", async () => {
    const { page, choose } = await open();
    await page.route("**/*", (route) =>
      route.request().method() === "PUT"
        ? route.fulfill({ status: 400, headers: { "access-control-allow-origin": "*" } })
        : route.fallback(),
    );
    const [name] = await choose(1);
    const status = item(page, name!).locator(".filepond--file-status-main");
    const message = "The object store rejected the file with status 400: upload it again";
    await expect.poll(() => status.textContent(), patience).toBe(message);
    await page.unrouteAll();
    await button(page, name!, "retry").click();
    await page.locator("[aria-label=Pictures]").getByAltText(name!).waitFor(patience);
    await page.close();
  }, 60_000);

  test("gives no service key to the browser, no token to another site, and no other file", async () => {
    const received = await receivedBy(browser, origin);
    expect(received).toContain(inject("keepsake").api);
    expect(received.includes(inject("keepsake").service_key)).toBe(false);

    const headers = { "sec-fetch-site": "cross-site" };
    const post = await fetch(`${origin}/keepsake-token`, { method: "POST", headers });
    const others = [
      "/servePageAndTokens.mjs",
      "/package.json",
      "/node_modules/@keepsake/client/%2e%2e/x",
    ];
    const gets = await Promise.all(others.map((path) => fetch(origin + path)));
    expect([post, ...gets].map(({ ok }) => ok)).toEqual([false, false, false, false]);
  });
});

const open = () => openUploader(browser, origin, ".filepond--browser");

const item = (page: Page, name: string) => page.locator(".filepond--item", { hasText: name });

const button = (page: Page, name: string, action: "revert" | "retry") =>
  item(page, name).locator(`.filepond--action-${action}-item-processing`);
