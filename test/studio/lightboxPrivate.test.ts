import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { eventually, lightbox, picture, source } from "../support/lightboxPages.ts";
import { test } from "../support/studio.ts";

describe("a private image in the lightbox", () => {
  test("says until when its address works, and gets another before and after it has expired", async ({
    studio,
    owner,
    open,
  }) => {
    const image_base64 = (await png(64, "#314159")).toString("base64");
    const { image } = await owner.client.createImage({ image_base64, visibility: "private" });
    const page = await open("/worlds");
    await page.clock.install();
    await page.goto(`/images/${image.image_id}`);
    await picture(page).waitFor();
    await page.getByText("It is private: this address works until").waitFor();
    await page.getByText("Private: only you see it").waitFor();
    const first = await source(page);
    const renewed: string[] = [];
    let isDown = true;
    await page.route(`${studio.stack.api}/images/${image.image_id}`, async (route) => {
      if (isDown) return route.abort();
      const response = await route.fetch();
      const body = await response.json();
      // as the API answers an hour later
      const later = new Date(Date.now() + 3_600_000).toISOString().replace(/[-:]|\.\d+/g, "");
      body.image.url = body.image.url.replace(/(X-Amz-Date=)[^&]+/, `$1${later}`);
      renewed.push(body.image.url);
      await route.fulfill({ response, json: body });
    });
    await page.route(`${studio.uploads}/**`, async (route) =>
      route.fulfill({ body: await png(64, "#314159"), contentType: "image/png" }),
    );
    await page.clock.fastForward(3_700_000);
    await lightbox(page)
      .getByRole("alert")
      .getByText("Keepsake does not answer right now")
      .waitFor();
    isDown = false;
    await lightbox(page).getByRole("button", { name: "Try again" }).click();
    await eventually(() => source(page)).not.toBe(first);
    expect(renewed).toContain(await source(page));
    await picture(page).waitFor();
  });

  test("is fetched again when its picture cannot be loaded", async ({ studio, owner, open }) => {
    const image_base64 = (await png(64, "#271828")).toString("base64");
    const { image } = await owner.client.createImage({ image_base64, visibility: "private" });
    const page = await open("/worlds");
    await page.route(`${studio.uploads}/**`, (route) => route.fulfill({ status: 403 }));
    let requests = 0;
    await page.route(`${studio.stack.api}/images/${image.image_id}`, (route) => {
      requests += 1;
      return route.continue();
    });
    await page.goto(`/images/${image.image_id}`);
    await lightbox(page).getByText("This picture could not be loaded").waitFor();
    expect(requests).toBeGreaterThan(0);
    await page.unroute(`${studio.uploads}/**`);
    await lightbox(page).getByRole("button", { name: "Try again" }).click();
    await picture(page).waitFor();
    await eventually(() =>
      picture(page).evaluate((img) => (img as HTMLImageElement).naturalWidth),
    ).toBe(64);
  });
});
