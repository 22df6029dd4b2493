import { describe, expect } from "vitest";
import { photos } from "../support/lightboxPages.ts";
import { test } from "../support/studio.ts";
import { ashfall } from "../support/worldPages.ts";

describe("without a connection", () => {
  test("a list that was never loaded says so, and appears when the connection is back", async ({
    open,
    owner,
  }) => {
    await ashfall(owner);
    await owner.client.createDataset({ name: "Owls" });
    const page = await open("/you");
    const link = (name: string) => page.getByRole("link", { name, exact: true });
    for (const [section, thing] of [
      ["Worlds", "Ashfall"],
      ["Datasets", "Owls"],
    ] as const) {
      await link(section).hover(); // which loads the section's own code
      await page.waitForLoadState("networkidle");
      await page.context().setOffline(true);
      await link(section).click();
      const message = page.getByText("No connection. This appears when it is back.");
      await message.waitFor();
      await page.getByRole("button", { name: "Try again" }).waitFor();
      await page.context().setOffline(false);
      await page.getByText(thing, { exact: true }).first().waitFor();
      expect(await message.count()).toBe(0);
    }
  });

  test("a text of an image says when it is saved", async ({ open, owner }) => {
    const [image] = await photos(owner, ["owl.jpg"]);
    const page = await open(`/images/${image!.image_id}`);
    const alt = page.getByLabel("Alt text");
    await alt.waitFor();
    await page.context().setOffline(true);
    await alt.fill("An owl");
    await alt.press("Tab");
    await page.getByText("Not saved yet: no connection. It is saved when it is back.").waitFor();
    expect(await page.getByText("Saving…").count()).toBe(0);
    await page.context().setOffline(false);
    await page.getByText("Saved", { exact: true }).waitFor();
    expect((await owner.client.getImage({ image_id: image!.image_id })).image.alt).toBe("An owl");
  });

  test("a change that cannot be sent fails with a message", async ({ open, owner }) => {
    const { dataset } = await owner.client.createDataset({ name: "Owls" });
    const page = await open(`/datasets/${dataset.dataset_id}`);
    await page.getByRole("button", { name: "Edit" }).click();
    const dialog = page.getByRole("dialog");
    await page.context().setOffline(true);
    await dialog.getByRole("button", { name: "Save" }).click();
    await dialog.getByRole("alert").waitFor();
  });
});
