import { describe, expect } from "vitest";
import { eventually, lightbox, photos, picture, tile } from "../support/lightboxPages.ts";
import { character } from "../support/pieceDrafts.ts";
import { expectAccessibleEverywhere, test } from "../support/studio.ts";

describe("deleting in the lightbox", () => {
  test("asks, shows the receipt and goes to the next image", async ({ owner, open }) => {
    const [older, newer] = await photos(owner, ["older.jpg", "newer.jpg"]);
    const page = await open("/images");
    await tile(page, newer!.image_id).click();
    await page.getByRole("button", { name: "Delete…" }).press("Enter");
    await page.getByRole("button", { name: "Cancel" }).press("Enter");
    await eventually(() => page.evaluate(() => document.activeElement?.textContent)).toContain(
      "Delete…",
    );
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Delete image" }).press("Enter");
    const receipt = page.getByRole("dialog", { name: "Deleted" });
    await receipt.getByText("newer.jpg was deleted").waitFor();
    await receipt.getByRole("button", { name: "Done" }).press("Enter");
    await lightbox(page).getByRole("heading", { name: "older.jpg" }).waitFor();
    expect(page.url()).toContain(older!.image_id);
    expect(await page.evaluate(() => document.activeElement?.closest("dialog") !== null)).toBe(
      true,
    );
    await expect(owner.client.getImage({ image_id: newer!.image_id })).rejects.toMatchObject({
      code: "image.not_found",
    });
    // the last one: there is no tile, nor another image
    await page.getByRole("button", { name: "Delete…" }).press("Enter");
    await page.getByRole("button", { name: "Delete image" }).press("Enter");
    await page.getByRole("button", { name: "Done" }).press("Enter");
    await lightbox(page).waitFor({ state: "detached" });
    expect(await page.evaluate(() => document.activeElement?.tagName)).not.toBe("BODY");
  });

  test("names the worlds and datasets that use the image, and deletes it anyway when asked to", async ({
    owner,
    open,
  }) => {
    const { client } = owner;
    const [image] = await photos(owner, ["used.jpg"]);
    const { image_id } = image!;
    const { world } = await client.createWorld({
      theme: "Norse",
      title: "Northern lights",
      image_id,
      pieces: [await character("Mira")],
    });
    const { dataset } = await client.createDataset({ name: "Harbours" });
    const { dataset_id } = dataset;
    await client.putDatasetItems({ dataset_id, items: [{ image_id, caption: "a harbour" }] });
    const page = await open(`/images/${image_id}`);
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete image" }).click();
    const dialog = page.getByRole("dialog", { name: "This image is in use" });
    const href = (name: string) => dialog.getByRole("link", { name }).getAttribute("href");
    expect(await href("Northern lights")).toBe(`/worlds/${world.world_id}`);
    expect(await href("Harbours")).toBe(`/datasets/${dataset_id}`);
    await dialog
      .getByText("1 world loses its picture, and 1 dataset loses it with its caption")
      .waitFor();
    await expectAccessibleEverywhere(page);
    expect((await client.getImage({ image_id })).image.image_id).toBe(image_id);
    await dialog.getByRole("link", { name: "Harbours" }).click();
    await page.getByRole("heading", { name: "Harbours" }).waitFor();

    await page.goto(`/images/${image_id}`);
    await picture(page).waitFor();
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete image" }).click();
    await page.getByRole("button", { name: "Delete anyway" }).click();
    await page.getByRole("dialog", { name: "Deleted" }).waitFor();
    await expect(client.getImage({ image_id })).rejects.toMatchObject({ code: "image.not_found" });
    expect((await client.listDatasetItems({ dataset_id })).items).toEqual([]);
  });
});
