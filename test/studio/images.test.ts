import type { Image } from "@keepsake/contract/schemas";
import type { Page } from "playwright-core";
import { v7 as uuidv7 } from "uuid";
import { describe, expect } from "vitest";
import { drawnPicture } from "../support/drawnPicture.ts";
import { png } from "../support/images.ts";
import type { Owner, TestStack } from "../support/stack.ts";
import { expectAccessible, expectAccessibleEverywhere, test } from "../support/studio.ts";
import { fileOf } from "../support/uploadRequests.ts";

describe("the gallery", () => {
  test("loads the smallest copy of a photo that is sharp, and the next one in its dialog", async ({
    owner,
    open,
  }) => {
    const photo = await drawnPicture(1_600, 1_200).jpeg().toBuffer();
    const image = await owner.client.upload(fileOf(photo, "photo.jpg", "image/jpeg"));
    const [small, middle] = image.variants;
    const page = await open("/images");

    const shown = gallery(page).getByRole("img", { name: "photo.jpg" });
    const loaded = () => shown.evaluate((picture) => (picture as HTMLImageElement).currentSrc);
    await expect.poll(loaded).toBe(small!.url);
    expect(await shown.getAttribute("fetchpriority")).toBe("high");

    await tile(page, "photo.jpg").click();
    const dialog = page.getByRole("dialog", { name: "photo.jpg" });
    expect(await dialog.getByRole("img", { name: "photo.jpg" }).getAttribute("src")).toBe(
      middle!.url,
    );
    const original = dialog.getByRole("link", { name: "Open in a new tab" });
    expect(await original.getAttribute("href")).toBe(image.url);
  });

  test("copies the permanent address", async ({ owner, open }) => {
    const { url } = await uploaded(owner, "link.png", "#667788");
    const page = await open("/images");
    const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
    await tile(page, "link.png").click();
    const dialog = page.getByRole("dialog", { name: "link.png" });
    await dialog.getByRole("button", { name: "Address" }).click();
    await dialog.getByText("Copied").waitFor();
    expect(await clipboard()).toBe(url);
  });

  test("deletes an image for good after confirmation, with a receipt", async ({
    studio,
    owner,
    open,
  }) => {
    const { image_id } = await uploaded(owner, "gone.png", "#778899");
    await uploaded(owner, "stays.png", "#8899aa");
    const page = await open("/images");
    await tile(page, "gone.png").click();
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete image" }).click();

    const receipt = page.getByRole("dialog", { name: "Deleted" });
    await receipt.getByText("gone.png was deleted").waitFor();
    expect(await tile(page, "gone.png").count()).toBe(0);
    const id = await receipt.locator("dd code").first().textContent();
    const [erasure] = await studio.stack.sql`select 1 from erasures where erasure_id = ${id}`;
    expect(erasure).toBeDefined();
    await receipt.getByRole("button", { name: "Done" }).click();
    await page.reload();
    await tile(page, "stays.png").waitFor();
    expect(await gallery(page).getByRole("gridcell").getByRole("img").count()).toBe(1);
    await expect(owner.client.getImage({ image_id })).rejects.toMatchObject({
      code: "image.not_found",
    });
  });

  test("works by keyboard alone", async ({ owner, open }) => {
    await uploaded(owner, "keys.png", "#99aabb");
    const page = await open("/images");
    await tile(page, "keys.png").waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.querySelector("img")?.alt);
    for (let presses = 0; presses < 20 && (await focused()) !== "keys.png"; presses += 1)
      await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "keys.png" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await focused()).toBe("keys.png");

    // after a deletion there is no tile to return the focus to
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Delete…" }).press("Enter");
    await page.getByRole("button", { name: "Delete image" }).press("Enter");
    await page.getByRole("button", { name: "Done" }).press("Enter");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Gallery");
  });
});

test("the picker lists the owner's images, and stays open when the file dialog is cancelled", async ({
  owner,
  open,
}) => {
  await uploaded(owner, "mine.png", "#b0c0d0");
  const page = await open("/");
  await page.getByRole("button", { name: "Use one of my images as a reference" }).click();
  const picker = page.getByRole("dialog");
  await picker.getByRole("button", { name: "mine.png" }).waitFor();
  const input = picker.getByLabel("Upload an image");
  await input.dispatchEvent("cancel", { bubbles: true }); // as browsers fire it
  await expectAccessibleEverywhere(page);
  await input.setInputFiles([
    { name: "new.png", mimeType: "image/png", buffer: await png(64, "#c0d0e0") },
  ]);
  await picker.waitFor({ state: "detached" });
  await page.getByText("Reference: new.png").waitFor();
});

test("the page and its dialogs pass axe, in light and dark, on a phone and a desktop", async ({
  studio: { stack },
  owner,
  open,
}) => {
  await seed(stack, owner, 1, "pending");
  await seed(stack, owner, 1, "rejected");
  await uploaded(owner, "fine.png", "#aabbcc");
  const page = await open("/images", { reducedMotion: "reduce" });
  await tile(page, "fine.png").waitFor();
  await expectAccessibleEverywhere(page);

  await tile(page, "fine.png").click();
  await page.getByRole("button", { name: "Delete…" }).waitFor();
  await expectAccessibleEverywhere(page);
  await page.getByRole("button", { name: "Delete…" }).click();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Delete image" }).click();
  await page.getByRole("heading", { name: "Deleted" }).waitFor();
  await expectAccessible(page);
});

const gallery = (page: Page) => page.getByRole("region", { name: "Gallery" });

const tile = (page: Page, name: string) =>
  gallery(page).getByRole("gridcell").getByRole("link", { name, exact: true });

const uploaded = async ({ client }: Owner, name: string, colour: string): Promise<Image> =>
  client.upload(fileOf(await png(64, colour), name));

/** Inserts rows as the bot would, all with one picture: sending that many photos would take long. */
async function seed(
  { sql }: TestStack,
  owner: Owner,
  count: number,
  status: Image["status"] = "published",
) {
  const { image_id: _, ...picture } = await uploaded(owner, "seed.png", "#ccddee");
  const rows = Array.from({ length: count }, (_, index) => ({
    ...picture,
    image_id: uuidv7(),
    owner_id: `user:${owner.sub}`,
    platform: "telegram",
    platform_ref: uuidv7(),
    source: sql.json({}),
    status,
    url: status === "published" ? picture.url : null,
    filename: `${status} ${index}`,
    error: status === "rejected" ? "The image is no longer available there" : null,
  }));
  await sql`insert into images ${sql(rows)}`;
}
