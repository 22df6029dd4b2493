import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { testPicture } from "../products/testPicture.ts";
import { launchBrowser } from "../support/browser.ts";
import { type Example, installExample } from "./support/installExample.ts";
import { testUploads } from "./support/testUploads.ts";
import { openUploadPage, receivedBy } from "./support/uploadPage.ts";

let example: Example;
let browser: Browser;
beforeAll(async () => {
  [example, browser] = await Promise.all([installExample("next"), launchBrowser()]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await example?.remove();
});

const env = { NEXT_TELEMETRY_DISABLED: "1" };

describe("examples/next, with the packed client", () => {
  test("shows a picture that is uploaded, while it is developed", async () => {
    const { origin, stop } = await example.serve(undefined, env);
    const page = await openUploadPage(browser, origin);
    const [name] = await page.choose(1);
    await page.page.getByAltText(name!).waitFor();
    expect(page.errors).toEqual([]);
    await page.page.close();
    await stop();
  }, 90_000);

  describe("after npm run build, which checks its types", () => {
    let origin: string;
    beforeAll(async () => {
      const { code, output } = await example.run(["npm", "run", "build"], env);
      expect([code, output]).toEqual([0, expect.stringContaining("Finished TypeScript")]);
      ({ origin } = await example.serve(["npx", "next", "start"], env));
    }, 180_000);

    testUploads(() => openUploadPage(browser, origin));

    test("renders the pictures on the server, in the sizes that Keepsake made", async () => {
      const { api, service_key, cdn } = inject("keepsake");
      const sent = await fetch(`${api}/images`, {
        method: "POST",
        headers: {
          authorization: `Bearer ${service_key}`,
          "keepsake-owner": example.owner,
          "content-type": "application/json",
        },
        body: JSON.stringify({ image_base64: testPicture(1_000).toString("base64") }),
      });
      const { image } = (await sent.json()) as { image: { variants: { url: string }[] } };
      const html = await (await fetch(origin)).text();
      const [, srcSet] = /<img[^>]* srcSet="([^"]*)"/.exec(html) ?? [];
      const [narrow, wide] = image.variants.map(({ url }) => url);
      expect(srcSet).toBe(`${narrow} 1x, ${wide} 2x`);
      expect(narrow).toContain(cdn);
      expect(html.includes("_next/image")).toBe(false);
    });

    test("has no service key in what the browser gets", async () => {
      const received = await receivedBy(browser, origin);
      expect(received.includes(inject("keepsake").api)).toBe(true);
      expect(received.includes(inject("keepsake").service_key)).toBe(false);
    });
  });
});
