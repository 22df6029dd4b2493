import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import {
  answerPuts,
  card,
  continueAfter,
  datasetOf,
  isItems,
  shownNames,
  test,
} from "../support/datasetPages.ts";
import { errorResponse } from "../support/errorResponse.ts";
import { png } from "../support/images.ts";
import { expectAccessibleEverywhere } from "../support/studio.ts";

describe("changes of a dataset that fail", () => {
  test("leave the stored order on the page, also when others follow, and are not repeated in vain", async ({
    studio,
    openDataset,
  }) => {
    const { page, names } = await openDataset(4);
    const [second, others] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let puts = 0;
    await answerPuts(page, async (route) => {
      puts += 1;
      const isFirst = puts === 1;
      await (isFirst ? second : others).promise;
      if (isFirst) return route.fulfill(errorResponse(studio, 404, "item.not_found"));
      await route.continue();
    });
    await card(page, "001").focus();
    await page.keyboard.press("Alt+End");
    await card(page, "004").focus();
    await page.keyboard.press("Alt+Home");
    second.resolve();
    await expect.poll(() => puts).toBe(2);
    const alert = page.getByRole("alert");
    await alert.getByText("A picture of this change is no longer in the dataset").waitFor();
    others.resolve();
    const order = ["004", "001", "002", "003"];
    await expect.poll(() => shownNames(page)).toEqual(order);
    await expect.poll(names).toEqual(order);
    await expectAccessibleEverywhere(page);
    expect(await alert.getByRole("button", { name: "Try again" }).count()).toBe(0);
    await alert.getByRole("button", { name: "Dismiss" }).click();
    await alert.waitFor({ state: "hidden" });
  });

  test("are reported and can be repeated also after the page was left", async ({
    studio,
    openDataset,
  }) => {
    const { page, names } = await openDataset(3);
    const left = Promise.withResolvers<void>();
    await answerPuts(page, async (route) => {
      await left.promise;
      await route.fulfill(errorResponse(studio, 500, "server.failed"));
    });
    await card(page, "003").focus();
    await page.keyboard.press("Alt+Home");
    await expect.poll(() => shownNames(page)).toEqual(["003", "001", "002"]);
    await page.getByRole("link", { name: "Worlds" }).click();
    await page.getByRole("heading", { name: "Worlds", level: 1 }).waitFor();
    left.resolve();
    await page.getByRole("link", { name: "Datasets" }).click();
    await page.getByRole("link", { name: "Harbours" }).click();
    const alert = page.getByRole("alert").getByText("Something went wrong on our side");
    await alert.waitFor();
    await expect.poll(() => shownNames(page)).toEqual(["001", "002", "003"]);
    await tab(page, "Export").click();
    await alert.waitFor();
    await page.unroute(isItems);
    await page.getByRole("button", { name: "Try again" }).click();
    await expect.poll(names).toEqual(["003", "001", "002"]);
    await alert.waitFor({ state: "hidden" });
  });
});

describe("images of a dataset", () => {
  test("that finish their upload while another page is shown are added", async ({
    openDataset,
  }) => {
    const { page, names } = await openDataset(2);
    await card(page, "001").waitFor();
    const left = Promise.withResolvers<void>();
    await page.route(/\/complete$/, continueAfter(left.promise));
    const buffers = await Promise.all([png(600, "#112233"), png(600, "#445566")]);
    const files = buffers.map((buffer, index) => ({
      ...{ name: `new${index}.png`, mimeType: "image/png" },
      buffer,
    }));
    await page.getByLabel("Upload", { exact: true }).setInputFiles(files);
    const uploads = page.getByRole("list", { name: "Uploads" }).getByRole("listitem");
    await expect.poll(() => uploads.count()).toBe(2);
    await tab(page, "Export").click();
    await page.getByRole("heading", { name: "New export" }).waitFor();
    await tab(page, "Images").click();
    await expect.poll(() => uploads.count()).toBe(2);
    await page.getByRole("link", { name: "Worlds" }).click();
    await page.getByRole("heading", { name: "Worlds", level: 1 }).waitFor();
    left.resolve();
    const sorted = async () => (await names()).toSorted();
    await expect.poll(sorted).toEqual(["001", "002", "new0", "new1"]);
    await page.getByRole("link", { name: "Datasets" }).click();
    await page.getByRole("link", { name: "Harbours" }).click();
    await card(page, "new1").waitFor();
    expect(await uploads.count()).toBe(0);
  });

  test("are all loaded, whatever is clicked meanwhile", async ({ studio, owner, open }) => {
    const { dataset_id } = await datasetOf(studio.stack, owner, 130);
    const page = await open("/datasets");
    const rest = Promise.withResolvers<void>();
    await page.route(isItems, async (route) => {
      if (route.request().url().includes("cursor=")) await rest.promise;
      await route.continue();
    });
    await page.goto(`/datasets/${dataset_id}`);
    const control = page.getByRole("button", { name: "Set the control image of 001.png" });
    await control.waitFor();
    expect(await control.isDisabled()).toBe(true);
    await page.getByText("Loading 100 of 130").waitFor();
    rest.resolve();
    await page.getByText("Loading 100 of 130").waitFor({ state: "hidden" });
    expect(await page.getByRole("grid").getAttribute("aria-rowcount")).toBe("130");
    await control.click();
    await page.getByRole("dialog").getByRole("button", { name: "130.png" }).click();
    await page.getByRole("img", { name: "Control image: 130.png" }).waitFor();
    expect(await page.getByRole("grid").getAttribute("aria-rowcount")).toBe("130");
  });

  test("are all loaded when an upload finishes meanwhile", async ({ owner, openDataset }) => {
    const { page, dataset_id } = await openDataset(130);
    await page.getByText("Loading").waitFor({ state: "hidden" });
    const [completes, rest] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    await page.route(/\/complete$/, continueAfter(completes.promise));
    const buffer = await png(600, "#778899");
    const file = { name: "new.png", mimeType: "image/png", buffer };
    await page.getByLabel("Upload", { exact: true }).setInputFiles(file);
    await page.getByRole("list", { name: "Uploads" }).getByRole("listitem").waitFor();
    let reads = 0;
    await page.route(isItems, async (route) => {
      if (route.request().url().includes("cursor=")) {
        reads += 1;
        if (reads === 1) await rest.promise;
      }
      await route.continue();
    });
    await page.getByRole("button", { name: "Import captions" }).click(); // loads the items again
    const metadata = Buffer.from('{"file_name": "001.png", "text": "a harbour"}');
    const type = "application/jsonl";
    await page
      .getByLabel("A metadata.jsonl file")
      .setInputFiles({ name: "metadata.jsonl", mimeType: type, buffer: metadata });
    await expect.poll(() => reads).toBe(1);
    completes.resolve();
    await expect
      .poll(async () => (await owner.client.getDataset({ dataset_id })).dataset.item_count)
      .toBe(131);
    rest.resolve();
    const count = () => page.getByRole("grid").getAttribute("aria-rowcount");
    await expect.poll(count).toBe("131");
    await page.keyboard.press("Escape");
    await card(page, "001").getByText("a harbour").waitFor();
  });
});

const tab = (page: Page, name: string) =>
  page.getByRole("navigation", { name: "Dataset", exact: true }).getByRole("link", { name });
