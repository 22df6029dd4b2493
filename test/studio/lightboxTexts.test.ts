import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { eventually, lightbox, photos, picture } from "../support/lightboxPages.ts";
import { expectAccessibleEverywhere, test } from "../support/studio.ts";

describe("texts of an image in the lightbox", () => {
  test("are saved as they are typed, and an empty one is none", async ({ owner, open }) => {
    const [image] = await photos(owner, ["typed.jpg"]);
    const { image_id } = image!;
    const page = await open(`/images/${image_id}`);
    await field(page, "Alt text").fill("A beach at dusk");
    await page.getByText("Saved", { exact: true }).waitFor(); // the field still has the focus
    await field(page, "Caption").fill("שקיעה on two\nlines");
    expect(await field(page, "Caption").getAttribute("dir")).toBe("auto");
    await field(page, "Name").fill("dusk.jpg");
    await field(page, "Name").press("Enter");
    const stored = async () => (await owner.client.getImage({ image_id })).image;
    await eventually(async () => (await stored()).filename).toBe("dusk.jpg");
    expect(await stored()).toMatchObject({
      alt: "A beach at dusk",
      caption: "שקיעה on two\nlines",
    });
    await lightbox(page).getByRole("heading", { name: "dusk.jpg" }).waitFor();
    expect(await picture(page).getAttribute("alt")).toBe("A beach at dusk");

    await field(page, "Alt text").fill("");
    await field(page, "Caption").focus();
    await eventually(async () => (await stored()).alt).toBe(null);
  });

  test("include tags, which are added and removed by keyboard", async ({ owner, open }) => {
    const [image] = await photos(owner, ["tags.jpg"]);
    const { image_id } = image!;
    const page = await open(`/images/${image_id}`);
    const tags = async () => (await owner.client.getImage({ image_id })).image.tags;
    await field(page, "Tags").pressSequentially("Sea,red coat");
    await field(page, "Tags").press("Enter");
    await eventually(tags).toEqual(["sea", "red coat"]);
    await field(page, "Tags").fill("left");
    await field(page, "Caption").focus(); // leaving the field adds it, too
    await eventually(tags).toEqual(["sea", "red coat", "left"]);
    await page.getByRole("button", { name: "Remove the tag red coat" }).press("Enter");
    await eventually(tags).toEqual(["sea", "left"]);
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("INPUT");
    await field(page, "Tags").press("Backspace");
    await eventually(tags).toEqual(["sea"]);
  });

  test("survive a failed request, the next image and a reload, and say why they are not saved", async ({
    studio,
    owner,
    open,
  }) => {
    const [older, newer] = await photos(owner, ["older.jpg", "newer.jpg"]);
    const page = await open(`/images/${newer!.image_id}`);
    await page.route(`${studio.stack.api}/images/*`, (route) =>
      route.request().method() === "PATCH" ? route.abort() : route.continue(),
    );
    await field(page, "Alt text").fill("Typed without a connection");
    await field(page, "Caption").focus();
    const alert = lightbox(page).getByRole("alert");
    await alert.getByText("Not saved: Keepsake does not answer right now").first().waitFor();
    await expectAccessibleEverywhere(page);

    await page.getByRole("button", { name: "Next image" }).click();
    await lightbox(page).getByRole("heading", { name: "older.jpg" }).waitFor();
    expect(await field(page, "Alt text").inputValue()).toBe("");
    await field(page, "Alt text").fill("Of the older one");
    await page.getByRole("button", { name: "Previous image" }).click();
    await lightbox(page).getByRole("heading", { name: "newer.jpg" }).waitFor();
    expect(await field(page, "Alt text").inputValue()).toBe("Typed without a connection");

    await page.reload();
    await alert.first().waitFor();
    expect(await field(page, "Alt text").inputValue()).toBe("Typed without a connection");
    await page.unroute(`${studio.stack.api}/images/*`);
    await lightbox(page).getByRole("button", { name: "Retry" }).first().click();
    const alt = async (image_id: string) => (await owner.client.getImage({ image_id })).image.alt;
    await eventually(() => alt(newer!.image_id)).toBe("Typed without a connection");
    await page.reload(); // what an earlier visit could not save is sent
    await eventually(() => alt(older!.image_id)).toBe("Of the older one");
    expect(
      await page.evaluate(() =>
        Object.keys(localStorage).filter((key) => key.includes("image text")),
      ),
    ).toEqual([]);
  });

  test("survive a page that is closed while they are typed, and are deleted from the browser on signing out", async ({
    owner,
    open,
  }) => {
    const [image] = await photos(owner, ["closed.jpg"]);
    const page = await open(`/images/${image!.image_id}`);
    await field(page, "Tags").fill("not yet add");
    await page.reload();
    expect(await field(page, "Tags").inputValue()).toBe("not yet add");
    const stored = () => page.evaluate(() => JSON.stringify(localStorage));
    expect(await stored()).toContain("not yet add");
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "your account" }).click();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("what only this browser has: unsaved texts of images.").waitFor();
    await page.getByRole("button", { name: "Sign out anyway" }).click();
    await page
      .getByRole("button", { name: /Sign in|Continue/ })
      .first()
      .waitFor();
    await eventually(stored).not.toContain("not yet");
  });

  test("keep what was typed while the previous text was being saved", async ({
    studio,
    owner,
    open,
  }) => {
    const [image] = await photos(owner, ["slow.jpg"]);
    const { image_id } = image!;
    const page = await open(`/images/${image_id}`);
    const first = Promise.withResolvers<void>();
    const sent: string[] = [];
    await page.route(`${studio.stack.api}/images/${image_id}`, async (route) => {
      if (route.request().method() !== "PATCH") return route.continue();
      sent.push(route.request().postDataJSON().caption);
      if (sent.length === 1) await first.promise;
      await route.continue();
    });
    await field(page, "Caption").fill("One");
    await eventually(() => sent).toEqual(["One"]);
    await page.getByText("Saving…").waitFor();
    await field(page, "Caption").fill("One, two");
    first.resolve();
    await eventually(() => sent).toEqual(["One", "One, two"]);
    await page.getByText("Saved", { exact: true }).waitFor();
    expect(await field(page, "Caption").inputValue()).toBe("One, two");
    expect((await owner.client.getImage({ image_id })).image.caption).toBe("One, two");
  });

  test("are typed, and not taken for keys of the lightbox", async ({ owner, open }) => {
    const [, newer] = await photos(owner, ["b.jpg", "a.jpg"]);
    const page = await open(`/images/${newer!.image_id}`);
    await picture(page).waitFor();
    const before = await picture(page).boundingBox();
    await field(page, "Caption").pressSequentially("1+1-0=2");
    await field(page, "Caption").press("ArrowRight");
    expect(await field(page, "Caption").inputValue()).toBe("1+1-0=2");
    expect(page.url()).toContain(newer!.image_id);
    expect(await picture(page).boundingBox()).toEqual(before);
  });
});

const field = (page: Page, label: string) =>
  lightbox(page).getByRole("textbox", { name: label, exact: true });
