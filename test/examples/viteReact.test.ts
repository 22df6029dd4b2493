import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type Example, installExample } from "./support/installExample.ts";
import { testUploads } from "./support/testUploads.ts";
import { openUploadPage, receivedBy } from "./support/uploadPage.ts";

let example: Example;
let browser: Browser;
beforeAll(async () => {
  [example, browser] = await Promise.all([installExample("vite-react"), launchBrowser()]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await example?.remove();
});

describe("examples/vite-react, with the packed client", () => {
  test("shows a picture that is uploaded, while it is developed", async () => {
    const { origin, stop } = await example.serve();
    const page = await openUploadPage(browser, origin);
    const [name] = await page.choose(1);
    await page.pictures.and(page.page.getByAltText(name!)).waitFor();
    expect(page.errors).toEqual([]);
    await page.page.close();
    const received = await receivedBy(browser, origin);
    expect(received.includes(inject("keepsake").service_key)).toBe(false);
    await stop();
  });

  test("says that a picture is pending, in place of a broken one", async () => {
    const { origin, stop } = await example.serve();
    const { page, pictures, choose, errors } = await openUploadPage(browser, origin);
    const [name] = await choose(1);
    await pictures.and(page.getByAltText(name!)).waitFor();
    await page.route(`${inject("keepsake").api}/images?*`, async (route) => {
      const response = await route.fetch();
      const { images, next_cursor } = await response.json();
      const unpublished = { url: null, width: null, height: null, variants: [], status: "pending" };
      const [newest, ...others] = images;
      const json = { images: [{ ...newest, ...unpublished }, ...others], next_cursor };
      await route.fulfill({ response, json });
    });
    await page.reload();
    await page.getByText("This picture is pending").waitFor();
    expect(await page.getByAltText(name!).count()).toBe(0);
    expect(errors).toEqual([]);
    await page.close();
    await stop();
  }, 30_000);

  describe("after npm run build, which checks its types", () => {
    let origin: string;
    beforeAll(async () => {
      const { code, output } = await example.run(["npm", "run", "build"]);
      expect(output).toContain("built in");
      expect(code).toBe(0);
      ({ origin } = await example.serve(["npm", "run", "preview"]));
    }, 60_000);

    testUploads(() => openUploadPage(browser, origin));

    test("has no service key in what the browser gets, and gives another page no token", async () => {
      const received = await receivedBy(browser, origin);
      expect(received.includes(inject("keepsake").api)).toBe(true);
      expect(received.includes(inject("keepsake").service_key)).toBe(false);

      const headers = { "sec-fetch-site": "same-site" };
      const response = await fetch(`${origin}/keepsake-token`, { method: "POST", headers });
      expect(response.status).toBe(403);
    });
  });
});
