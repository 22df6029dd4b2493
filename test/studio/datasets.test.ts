import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import {
  card,
  datasetOf,
  insertPictures,
  shownNames,
  storedItems,
  test,
} from "../support/datasetPages.ts";
import { png } from "../support/images.ts";
import { jumpToEnd } from "../support/jumps.ts";
import { expectAccessible, expectAccessibleEverywhere } from "../support/studio.ts";
import { fileOf } from "../support/uploadRequests.ts";

describe("the gallery's selection", () => {
  test("makes a dataset of images that are clicked, also with Shift", async ({
    studio,
    owner,
    open,
  }) => {
    await insertPictures(studio.stack, owner, 6);
    const page = await open("/images");
    await select(page);
    await picture(page, "006").click();
    await picture(page, "003").click({ modifiers: ["Shift"] });
    await picture(page, "005").click();
    await page.getByText("3 selected", { exact: true }).waitFor();
    await expectAccessibleEverywhere(page);
    await page.getByRole("button", { name: "Add to dataset…" }).click();
    await page.getByRole("button", { name: "New dataset" }).click();
    await page.getByLabel("Name", { exact: true }).fill("Lighthouses");
    await page.getByLabel("Trigger word").fill("lghthse");
    await expectAccessible(page);
    await page.getByRole("button", { name: "Create with 3 images" }).click();

    await page.getByRole("heading", { name: "Lighthouses", level: 1 }).waitFor();
    await card(page, "003").waitFor();
    expect(await shownNames(page)).toEqual(["006", "004", "003"]);
    const { datasets } = await owner.client.listDatasets();
    expect(datasets).toMatchObject([
      { name: "Lighthouses", trigger_word: "lghthse", item_count: 3 },
    ]);
    const { dataset_id } = datasets[0]!;
    expect(new URL(page.url()).pathname).toBe(`/datasets/${dataset_id}`);
    expect((await storedItems(owner, dataset_id)).names).toEqual(["006", "004", "003"]);
  });

  test("selects all pictures of the gallery with Ctrl and A, right after Select", async ({
    studio,
    owner,
    open,
  }) => {
    await insertPictures(studio.stack, owner, 6);
    const page = await open("/images");
    await select(page);
    await page.getByText("0 selected", { exact: true }).waitFor();
    await page.keyboard.press("Control+a");
    await page.getByText("7 selected", { exact: true }).waitFor();
    expect(await page.evaluate(() => getSelection()?.toString())).toBe("");
  });

  test("adds images to a dataset with the keyboard alone, more than one request takes", async ({
    studio,
    owner,
    open,
  }) => {
    const { stack } = studio;
    const { dataset_id } = await datasetOf(stack, owner, 1);
    await insertPictures(stack, owner, 220);
    const page = await open("/images");
    await page.getByRole("button", { name: "Select", exact: true }).press("Enter");
    await page.getByText(/Select all \d+ loaded/).waitFor();
    const all = page.getByText("Select all 223 loaded");
    const scrolled = async () => {
      await jumpToEnd(page);
      return all.count();
    };
    await expect.poll(scrolled).toBe(1);
    await page.getByRole("gridcell").getByRole("link").first().focus();
    await page.keyboard.press("Space");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Shift+ArrowRight");
    await page.getByText("3 selected", { exact: true }).waitFor();
    await page.keyboard.press("Control+a");
    await page.getByText("223 selected", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Add to dataset…" }).press("Enter");
    await page.getByRole("button", { name: "Harbours 1 image" }).press("Enter");

    await page.getByRole("heading", { name: "Harbours", level: 1 }).waitFor();
    const { dataset } = await owner.client.getDataset({ dataset_id });
    expect(dataset.item_count).toBe(223);
    await page.getByText("223 images, ").waitFor();
  });
});

describe("the list of datasets", () => {
  test("says how to make the first one, and makes it", async ({ owner, open }) => {
    const page = await open("/datasets");
    await page.getByRole("heading", { name: "No datasets yet" }).waitFor();
    await expectAccessibleEverywhere(page);
    await page.getByRole("button", { name: "New dataset" }).click();
    await page.getByLabel("Name").fill("Piers");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Piers", level: 1 }).waitFor();
    await page.getByRole("heading", { name: "No images yet" }).waitFor();
    await expectAccessibleEverywhere(page);
    expect((await owner.client.listDatasets()).datasets).toMatchObject([{ name: "Piers" }]);
  });

  test("shows each with its cover, name and count", async ({ studio, owner, open }) => {
    await datasetOf(studio.stack, owner, 12);
    const page = await open("/datasets");
    const item = page.getByRole("list", { name: "Datasets" }).getByRole("listitem");
    await item.getByRole("link", { name: "Harbours" }).waitFor();
    await item.getByText("12 images").waitFor();
    const cover = item.locator("img");
    const width = () => cover.evaluate((image: HTMLImageElement) => image.naturalWidth);
    await expect.poll(width).toBeGreaterThan(0);
    await expectAccessibleEverywhere(page);
  });
});

describe("a dataset's page", () => {
  test("changes the name and the trigger word, and deletes the dataset", async ({
    owner,
    openDataset,
  }) => {
    const { page, dataset_id } = await openDataset(2);
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    await page.getByLabel("Name").fill("Piers");
    await page.getByLabel("Trigger word").fill("pier");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Piers", level: 1 }).waitFor();
    const { dataset } = await owner.client.getDataset({ dataset_id });
    expect(dataset).toMatchObject({ name: "Piers", trigger_word: "pier" });

    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete dataset" }).click();
    await page.getByRole("heading", { name: "No datasets yet" }).waitFor();
    expect((await owner.client.listImages()).images).toHaveLength(3);
  });

  test("adds chosen images, but none twice, and uploads files into the dataset", async ({
    owner,
    openDataset,
  }) => {
    await owner.client.upload(fileOf(await png(600, "#102030"), "other.png"));
    const { page, names } = await openDataset(2);
    await page.getByRole("button", { name: "Add images" }).click();
    const dialog = page.getByRole("dialog");
    const present = dialog.getByRole("checkbox", { name: "001.png, already in this dataset" });
    await present.waitFor();
    expect(await present.isDisabled()).toBe(true);
    await dialog.getByRole("img", { name: "other.png" }).click();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Add 1 image" }).click();
    await card(page, "other").waitFor();

    await page
      .getByLabel("Upload", { exact: true })
      .setInputFiles({ name: "new.png", mimeType: "image/png", buffer: await png(600, "#203040") });
    await card(page, "new").waitFor();
    await expect.poll(names).toEqual(["001", "002", "other", "new"]);
    await expectAccessibleEverywhere(page);
  });

  test("shows warnings with the images that they mean, and goes to them", async ({
    studio,
    owner,
    open,
  }) => {
    const { dataset_id } = await datasetOf(studio.stack, owner, 60);
    const small = await owner.client.upload(fileOf(await png(500, "#304050"), "small.png"));
    await owner.client.putDatasetItems({
      dataset_id,
      items: [{ image_id: small.image_id, caption: "small" }],
    });
    const page = await open(`/datasets/${dataset_id}`);
    const warnings = page.getByRole("region", { name: "Warnings" });
    await warnings.getByText("1 image under 512 px on a side").waitFor();
    await warnings.getByText("60 images without a caption").waitFor();
    expect(await card(page, "small").count()).toBe(0);
    await warnings.getByRole("button", { name: "Go to small.png" }).click();
    await card(page, "small").and(page.locator(":focus")).waitFor();
    await expect.poll(() => isInViewport(page, "small")).toBe(true);
    const warned = page.getByRole("gridcell", {
      name: "61 small.png See the warnings above small",
      exact: true,
    });
    await warned.getByTitle("See the warnings above").waitFor();

    await warnings.getByRole("button", { name: "Select all 60" }).click();
    await page.getByText("60 selected", { exact: true }).waitFor();
    await card(page, "001").and(page.locator(":focus")).waitFor();
  });

  test("selects the first 100 images of a warning that means more", async ({ openDataset }) => {
    const { page } = await openDataset(130);
    await page.getByText("130 images without a caption").waitFor();
    await page.getByRole("button", { name: "Select the first 100" }).click();
    await page.getByText("100 selected", { exact: true }).waitFor();
  });

  test("sets, changes and removes a control image", async ({ owner, openDataset }) => {
    const { page, dataset_id, image_ids } = await openDataset(2);
    const control = async () => {
      const { items } = await owner.client.listDatasetItems({ dataset_id });
      return items.map(({ control_image }) => control_image?.image_id);
    };
    await page.getByRole("button", { name: "Set the control image of 001.png" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "002.png" }).click();
    await page.getByRole("img", { name: "Control image: 002.png" }).waitFor();
    await expect.poll(control).toEqual([image_ids[1], undefined]);
    await page.getByRole("button", { name: "Change the control image of 001.png" }).click();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Remove it" }).click();
    await expect.poll(control).toEqual([undefined, undefined]);
  });

  test("says when the dataset is not found", async ({ open }) => {
    const page = await open("/datasets/00000000-0000-7000-8000-000000000000");
    await page.getByRole("heading", { name: "Dataset not found" }).waitFor();
    await page.getByRole("link", { name: "All your datasets" }).click();
    await page.getByRole("heading", { name: "Datasets", level: 1 }).waitFor();
  });
});

const select = (page: Page) => page.getByRole("button", { name: "Select", exact: true }).click();

const picture = (page: Page, name: string) => page.getByRole("img", { name: `${name}.png` });

const isInViewport = (page: Page, name: string) =>
  card(page, name).evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  });
