import { expect } from "vitest";
import { png } from "../support/images.ts";
import { expectAccessible, test } from "../support/studio.ts";
import { fileOf } from "../support/uploadRequests.ts";

test("the address of an image that does not exist says so, and leads to all images", async ({
  open,
  owner,
}) => {
  const { image_id } = await owner.client.upload(fileOf(await png(64), "owl.png"));
  await owner.client.upload(fileOf(await png(80), "cat.png"));
  await owner.client.deleteImage({ image_id });
  const page = await open("/images");
  for (const missing of ["nonsense", image_id]) {
    await page.goto(`/images/${missing}`);
    const lightbox = page.getByRole("dialog", { name: "Image not found" });
    await lightbox.getByText("This image does not exist").waitFor();
    expect(await lightbox.getByRole("button", { name: "Try again" }).count()).toBe(0);
    await expectAccessible(page);
    await lightbox.getByRole("link", { name: "All your images" }).click();
    await lightbox.waitFor({ state: "detached" });
    expect(new URL(page.url()).pathname).toBe("/images");
    await page
      .getByRole("button", { name: "cat.png" })
      .or(page.getByText("cat.png"))
      .first()
      .waitFor();
  }
});
