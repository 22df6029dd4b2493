import { createReadStream } from "node:fs";
import { text } from "node:stream/consumers";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { answerPuts, card, isItems } from "../support/datasetPages.ts";
import { png } from "../support/images.ts";
import type { Owner } from "../support/stack.ts";
import { expectAccessibleEverywhere, test } from "../support/studio.ts";
import { fileOf } from "../support/uploadRequests.ts";

describe("an export", () => {
  test("is made in the chosen layout and size, and downloaded as a zip", async ({
    owner,
    open,
  }) => {
    const { dataset_id, image_ids } = await uploadedDataset(owner, 3);
    const items = [{ image_id: image_ids[0]!, caption: "a harbour" }];
    await owner.client.putDatasetItems({ dataset_id, items });
    const page = await open(`/datasets/${dataset_id}`);
    await page.getByRole("link", { name: "Export" }).click();
    await page.getByText("None yet").waitFor();
    await expectAccessibleEverywhere(page);
    await layout(page, "Kohya folders").check();
    await page.getByLabel("Repeats").fill("4");
    await page.getByLabel("Class").fill("harbour");
    await page.getByLabel("Size").selectOption("512");
    await page.getByRole("button", { name: "Export 3 images" }).click();

    await exportRow(page).getByText("Ready", { exact: true }).waitFor();
    await exportRow(page).getByText("3 images · 4 repeats · harbour · at most 512 px").waitFor();
    await exportRow(page).getByText("Kept until").waitFor();
    await expectAccessibleEverywhere(page);
    const zip = await downloaded(page);
    expect(zip.slice(0, 4)).toBe("PK\u0003\u0004");
    expect(zip).toContain("4_harbour/0001.png");
    expect(zip).toContain("a harbour");
    const { exports } = await owner.client.listExports({ dataset_id });
    expect(exports).toMatchObject([
      { layout: "kohya", options: { repeats: 4, class: "harbour", size: 512 }, items: 3 },
    ]);

    await exportRow(page).getByRole("button", { name: "Delete" }).click();
    await page.getByText("None yet").waitFor();
    expect((await owner.client.listExports({ dataset_id })).exports).toEqual([]);
  });

  test("waits for captions and changes that are not saved yet, and says so", async ({
    owner,
    open,
  }) => {
    const { dataset_id } = await uploadedDataset(owner, 2);
    const page = await open(`/datasets/${dataset_id}`);
    let saved = Promise.withResolvers<void>();
    await answerPuts(page, async (route) => {
      await saved.promise;
      await route.continue();
    });
    const start = page.getByRole("button", { name: "Export 2 images" });
    const note = page.getByText("The last changes are being saved");
    const waits = async () => {
      await page.getByRole("link", { name: "Export", exact: true }).click();
      await note.waitFor();
      expect(await start.isDisabled()).toBe(true);
      saved.resolve();
      await note.waitFor({ state: "hidden" });
      expect(await start.isEnabled()).toBe(true);
      await page.getByRole("link", { name: "Images", exact: true }).last().click();
      saved = Promise.withResolvers();
    };
    await card(page, "001").focus();
    await page.keyboard.press("Enter");
    await page.keyboard.type("a harbour");
    await waits();
    await card(page, "002").focus();
    await page.keyboard.press("Alt+ArrowLeft");
    await waits();

    await page.unroute(isItems);
    await answerPuts(page, (route) => route.abort());
    await card(page, "001").focus();
    await page.keyboard.press("Enter");
    await page.keyboard.type(" at dawn");
    await page.getByRole("link", { name: "Export", exact: true }).click();
    await page.getByText("1 caption is not saved yet: see Images").waitFor();
    await expectAccessibleEverywhere(page);
    expect(await start.isDisabled()).toBe(true);
  });

  test("of an unchanged dataset is the one that is ready, and the page says so", async ({
    owner,
    open,
  }) => {
    const { dataset_id } = await uploadedDataset(owner, 1);
    const page = await open(`/datasets/${dataset_id}/export`);
    const start = page.getByRole("button", { name: "Export 1 image" });
    await start.click();
    await exportRow(page).getByText("Ready", { exact: true }).waitFor();
    const said = page.getByText("This export is ready already: download it below.");
    expect(await said.count()).toBe(0);
    await start.click();
    await said.waitFor();
    expect(await exportRow(page).count()).toBe(1);
    await expectAccessibleEverywhere(page);
    await layout(page, "Hugging Face ImageFolder").check();
    await said.waitFor({ state: "hidden" });
  });

  test("gets its URL when it is downloaded, so that the page may have been open for long", async ({
    owner,
    open,
  }) => {
    const { dataset_id } = await uploadedDataset(owner, 1);
    const { export_id } = (await owner.client.createExport({ dataset_id, layout: "pairs" })).export;
    const page = await open(`/datasets/${dataset_id}/export`);
    await exportRow(page).getByText("Ready", { exact: true }).waitFor();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await downloaded(page);
    expect(asked).toContain(`/exports/${export_id}`);
    expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe("Harbours");
  });

  test("says why it has failed", async ({ owner, open }) => {
    const { dataset_id, image_ids } = await uploadedDataset(owner, 2);
    await owner.client.createExport({ dataset_id, layout: "pairs" });
    const page = await open(`/datasets/${dataset_id}/export`);
    await exportRow(page).getByText("Ready", { exact: true }).waitFor();
    await owner.client.deleteImage({ image_id: image_ids[0]!, force: true });
    await page.reload();
    await exportRow(page).getByText("Failed", { exact: true }).waitFor();
    const { exports } = await owner.client.listExports({ dataset_id });
    await exportRow(page).getByText(exports[0]!.error!.message).waitFor();
    expect(await page.getByRole("button", { name: "Download" }).count()).toBe(0);
    await expectAccessibleEverywhere(page);
  });

  test("needs a control image for each image in the layout of pairs, and goes to those without", async ({
    owner,
    open,
  }) => {
    const { dataset_id, image_ids } = await uploadedDataset(owner, 2);
    const [first, second] = image_ids;
    await owner.client.putDatasetItems({
      dataset_id,
      items: [{ image_id: first!, control_image_id: second! }],
    });
    const page = await open(`/datasets/${dataset_id}/export`);
    await layout(page, "Pairs for edits").check();
    await page.getByText("1 image without a control image").waitFor();
    await expectAccessibleEverywhere(page);
    expect(await page.getByRole("button", { name: "Export 2 images" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Show it" }).click();
    await card(page, "002").and(page.locator(":focus")).waitFor();
  });

  test("is asked for again while it is running, but not while the page is hidden", async ({
    studio,
    owner,
    open,
  }) => {
    const { dataset_id } = await uploadedDataset(owner, 1);
    const running = {
      ...(await owner.client.createExport({ dataset_id, layout: "pairs" })).export,
      ...{ status: "pending", files: [], expires_at: null },
      created_at: new Date().toISOString(),
    };
    const page = await open("/datasets");
    let answers = 0;
    await page.route(
      (url) => url.pathname.endsWith("/exports"),
      (route) => {
        answers += 1;
        return route.fulfill({
          headers: { "access-control-allow-origin": studio.origin },
          json: { exports: [running] },
        });
      },
    );
    await page.clock.install();
    await page.goto(`/datasets/${dataset_id}/export`);
    await exportRow(page).getByText("Being made…").waitFor();
    await expect.poll(() => answers).toBe(1);
    const passes = async (ms: number) => {
      await page.clock.runFor(ms);
      await page.evaluate(() => fetch("/")); // what was asked for before has been answered
    };
    await passes(2_000);
    await expect.poll(() => answers).toBe(2);
    await setHidden(page, true);
    await passes(60_000);
    const whenHidden = answers;
    await passes(60_000);
    expect(answers).toBe(whenHidden);
    await setHidden(page, false);
    await passes(15_000);
    await expect.poll(() => answers).toBeGreaterThan(whenHidden);
  });
});

/** A dataset of so many pictures that are really there: `001.png`, `002.png` … */
async function uploadedDataset({ client }: Owner, count: number) {
  const { dataset_id } = (await client.createDataset({ name: "Harbours" })).dataset;
  const image_ids: string[] = [];
  for (let index = 1; index <= count; index += 1) {
    const bytes = await png(600, `#30405${index}`);
    image_ids.push((await client.upload(fileOf(bytes, `00${index}.png`))).image_id);
  }
  const items = image_ids.map((image_id) => ({ image_id }));
  await client.putDatasetItems({ dataset_id, items });
  return { dataset_id, image_ids };
}

const layout = (page: Page, name: string) =>
  page.getByRole("group", { name: "Layout" }).getByRole("radio", { name });

const exportRow = (page: Page) =>
  page.getByRole("region", { name: "Exports" }).getByRole("listitem");

/** Clicks on the download, and resolves to the bytes of the file, one character each. */
async function downloaded(page: Page): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: /^Download/ }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.zip$/);
  return text(createReadStream(await download.path(), "latin1"));
}

const setHidden = (page: Page, hidden: boolean) =>
  page.evaluate((hidden) => {
    Object.defineProperty(document, "visibilityState", {
      configurable: true,
      value: hidden ? "hidden" : "visible",
    });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
