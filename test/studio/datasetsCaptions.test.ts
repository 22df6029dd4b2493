import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import {
  answerPuts,
  card,
  continueAfter,
  datasetOf,
  failPuts,
  isItems,
  storedItems,
  test,
} from "../support/datasetPages.ts";
import { errorResponse } from "../support/errorResponse.ts";
import { expectAccessible, expectAccessibleEverywhere } from "../support/studio.ts";

describe("captions", () => {
  test("are written with the keyboard alone, one after the other", async ({ openDataset }) => {
    const { page, captions } = await openDataset(4);
    await card(page, "001").focus();
    await page.keyboard.press("Enter");
    await page.keyboard.type("a harbour at dawn");
    await expectAccessible(page);
    await page.keyboard.press("Tab");
    await editor(page, "002").and(page.locator(":focus")).waitFor();
    await page.keyboard.type("two boats");
    await page.keyboard.press("Control+Enter");
    await page.keyboard.type("fog,");
    await page.keyboard.press("Enter");
    await page.keyboard.type("and a pier");
    await page.keyboard.press("Shift+Tab");
    await editor(page, "002").and(page.locator(":focus")).waitFor();
    await page.keyboard.type(" and a crane");
    await page.keyboard.press("Escape");
    await card(page, "002").and(page.locator(":focus")).waitFor();

    await card(page, "003").getByText("fog,").waitFor();
    expect(await card(page, "002").getByText("crane").count()).toBe(0);
    const typed = ["a harbour at dawn", "two boats", "fog,\nand a pier", null];
    await expect.poll(captions).toEqual(typed);
    await page.getByText("1 image without a caption").waitFor();
    await expectAccessibleEverywhere(page);

    // the last one lets the focus go, and is saved
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.keyboard.type("a crane");
    await page.keyboard.press("Tab");
    await expect.poll(captions).toEqual([...typed.slice(0, 3), "a crane"]);
    await page.getByRole("textbox").waitFor({ state: "hidden" });
  });

  test("are saved when another place is clicked, and cleared", async ({ openDataset }) => {
    const { page, captions } = await openDataset(2, { captions: [null, "a pier"] });
    await card(page, "001").getByText("Add a caption").click();
    await page.keyboard.type("boats");
    await card(page, "002").getByText("a pier").click();
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Delete");
    await page.getByRole("heading", { level: 1 }).click();
    await expect.poll(captions).toEqual(["boats", null]);
    await card(page, "001").getByText("boats").waitFor();
  });

  test("are kept to their last letter when the page is left while they are typed", async ({
    openDataset,
  }) => {
    const { page, captions } = await openDataset(1);
    await card(page, "001").focus();
    await page.keyboard.press("Enter");
    await page.keyboard.type("a harb");
    const left = page.waitForEvent("framenavigated");
    await page.evaluate(() => {
      for (const letter of "our") document.execCommand("insertText", false, letter);
      location.reload();
    });
    await left;
    await card(page, "001").getByText("a harbour").waitFor();
    await expect.poll(captions).toEqual(["a harbour"]);
  });

  test("that could not be saved are kept, also after a reload, and saved later", async ({
    studio,
    openDataset,
  }) => {
    const { page, captions } = await openDataset(3);
    await failPuts(page, studio);
    await caption(page, "001", "a harbour");
    await caption(page, "002", "two boats");
    await page.getByText("2 captions not saved yet, kept in this browser").waitFor();
    await card(page, "001").getByRole("button", { name: "Not saved: retry" }).waitFor();
    await expectAccessibleEverywhere(page);
    await page.reload();
    await card(page, "002").getByText("two boats").waitFor();
    await card(page, "002").getByRole("button", { name: "Not saved: retry" }).waitFor();
    expect(await captions()).toEqual([null, null, null]);

    await page.unroute(isItems);
    await card(page, "002").getByRole("button", { name: "Not saved: retry" }).click();
    await expect.poll(captions).toEqual(["a harbour", "two boats", null]);
    await page.getByText("not saved").waitFor({ state: "hidden" });
    await expect.poll(() => storedTexts(page)).toEqual([]);
    expect(await card(page, "001").getByText("a harbour").count()).toBe(1);
  });

  test("are saved by themselves when the connection is back", async ({ openDataset }) => {
    const { page, captions } = await openDataset(2);
    await card(page, "001").waitFor();
    await page.context().setOffline(true);
    await caption(page, "001", "a harbour");
    await page.getByText("1 caption not saved yet").waitFor();
    await page.context().setOffline(false);
    await expect.poll(captions).toEqual(["a harbour", null]);
  });

  test("are saved by themselves when the API answers again", async ({ studio, openDataset }) => {
    const { page, captions } = await openDataset(1);
    let puts = 0;
    await answerPuts(page, (route) => {
      puts += 1;
      return puts === 1
        ? route.fulfill(errorResponse(studio, 500, "server.failed"))
        : route.continue();
    });
    await caption(page, "001", "a harbour");
    await expect.poll(captions).toEqual(["a harbour"]);
    await expect.poll(() => storedTexts(page)).toEqual([]);
    expect(puts).toBe(2);
  });

  test("are saved when the page is left while they are being typed or saved", async ({
    openDataset,
  }) => {
    const { page, dataset_id, captions } = await openDataset(4);
    const first = Promise.withResolvers<void>();
    await answerPuts(page, continueAfter(first.promise));
    await caption(page, "001", "a harbour");
    await card(page, "001").getByText("Saving…").waitFor();
    await card(page, "002").getByText("Add a caption").click();
    await page.keyboard.type("two boats");
    // another page of Studio: saved in the background
    await page.getByRole("link", { name: "Worlds" }).click();
    await page.getByRole("heading", { name: "Worlds", level: 1 }).waitFor();
    first.resolve();
    await expect.poll(captions).toEqual(["a harbour", "two boats", null, null]);

    // another website: saved when Datasets is opened again
    await page.goto(`/datasets/${dataset_id}`);
    await card(page, "003").getByText("Add a caption").click();
    await page.keyboard.type("a pier");
    await expect.poll(() => storedTexts(page)).toEqual(["a pier"]);
    await page.goto("about:blank");
    await page.goto("/datasets");
    await expect.poll(captions).toEqual(["a harbour", "two boats", "a pier", null]);
  });

  test("that the API rejects do not hold up the others", async ({ studio, openDataset }) => {
    const { page, image_ids, captions } = await openDataset(3);
    const rejection = errorResponse(studio, 404, "image.not_found");
    let isDown = true;
    await answerPuts(page, (route) => {
      if (isDown) return route.fulfill(errorResponse(studio, 500, "server.failed"));
      const isRejected = route.request().postData()?.includes(image_ids[1]!);
      return isRejected ? route.fulfill(rejection) : route.continue();
    });
    for (const name of ["001", "002", "003"]) await caption(page, name, `caption ${name}`);
    await page.getByText("3 captions not saved yet").waitFor();
    isDown = false;
    await page.getByRole("button", { name: "Retry", exact: true }).click();
    await page.getByText("1 caption not saved yet").waitFor();
    await expect.poll(captions).toEqual(["caption 001", null, "caption 003"]);
    await card(page, "002").getByRole("button", { name: "Not saved: retry" }).waitFor();
    await card(page, "002").getByText("This image no longer exists").waitFor(); // why
    await expectAccessibleEverywhere(page);
    expect(await storedTexts(page)).toEqual(["caption 002"]);
  });

  test("that are not saved yet come back when the removal of their image is undone", async ({
    studio,
    openDataset,
  }) => {
    const { page, names, captions } = await openDataset(3, { captions: ["a pier", "a pier"] });
    await failPuts(page, studio);
    await caption(page, "001", " at dawn");
    await card(page, "002").getByText("a pier").click();
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Delete");
    await page.keyboard.press("Control+Enter");
    await page.keyboard.press("Escape");
    await page.getByText("2 captions not saved yet").waitFor();
    for (const name of ["001", "002"]) await card(page, name).click({ position: { x: 60, y: 60 } });
    await page.keyboard.press("Delete");
    await expect.poll(names).toEqual(["003"]);
    await page.unroute(isItems);
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(names).toEqual(["001", "002", "003"]);
    expect(await captions()).toEqual(["a pier at dawn", null, null]);
    await card(page, "001").getByText("a pier at dawn").waitFor();
  });

  test("that are not saved yet stay when the removal of their image fails", async ({
    studio,
    openDataset,
  }) => {
    const { page, captions } = await openDataset(2);
    const down = (url: URL) => url.pathname.includes("/items");
    await page.route(down, (route) =>
      route.request().method() === "GET"
        ? route.continue()
        : route.fulfill(errorResponse(studio, 500, "server.failed")),
    );
    await caption(page, "001", "a harbour");
    await page.getByText("1 caption not saved yet").waitFor();
    await card(page, "001").focus();
    await page.keyboard.press("Delete");
    await page.getByRole("alert").getByText("Something went wrong on our side").waitFor();
    await card(page, "001").getByText("a harbour").waitFor();
    await page.unroute(down);
    await expect.poll(captions).toEqual(["a harbour", null]);
  });

  test("that this browser keeps do not bring back an image that was removed, and the page says so once", async ({
    studio,
    owner,
    openDataset,
  }) => {
    const { page, dataset_id, image_ids } = await openDataset(3);
    const [first, second] = image_ids;
    await failPuts(page, studio);
    for (const name of ["001", "002", "003"]) await caption(page, name, `caption ${name}`);
    await page.getByText("3 captions not saved yet").waitFor();
    await owner.client.deleteDatasetItem({ dataset_id, image_id: first! });
    await owner.client.deleteImage({ image_id: second!, force: true });
    await page.goto("about:blank"); // otherwise it may try again without having been loaded again
    await page.unroute(isItems);
    await page.goto("/datasets");
    await page.getByText("2 captions were discarded: their images are no longer").waitFor();
    await expectAccessibleEverywhere(page);
    await expect
      .poll(() => storedItems(owner, dataset_id))
      .toEqual({
        names: ["003"],
        captions: ["caption 003"],
      });
    await expect.poll(() => storedTexts(page)).toEqual([]);
    await page.getByRole("button", { name: "Dismiss" }).click();
    await page.getByText("discarded").waitFor({ state: "hidden" });
  });

  test("of an image that is deleted at that moment are discarded", async ({
    owner,
    openDataset,
  }) => {
    const { page, image_ids } = await openDataset(2);
    await card(page, "001").waitFor();
    await owner.client.deleteImage({ image_id: image_ids[0]!, force: true });
    await caption(page, "001", "a harbour");
    await page.getByText("1 caption was discarded: its image is no longer").waitFor();
    await expect.poll(() => storedTexts(page)).toEqual([]);
    expect(await page.getByText("not saved").count()).toBe(0);
  });

  test("of a dataset that is deleted are discarded, here or elsewhere", async ({
    studio,
    owner,
    openDataset,
  }) => {
    const { page, dataset_id } = await openDataset(2);
    const other = await datasetOf(studio.stack, owner, 2);
    await failPuts(page, studio);
    await caption(page, "001", "a harbour");
    await page.getByText("1 caption not saved yet").waitFor();
    await page.goto(`/datasets/${other.dataset_id}`);
    for (const name of ["001", "002"]) await caption(page, name, "a pier");
    await page.getByText("2 captions not saved yet").waitFor();
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("button", { name: "Delete dataset" }).click();
    await page.getByRole("heading", { name: "Datasets", level: 1 }).waitFor();
    await expect.poll(() => storedTexts(page)).toEqual(["a harbour"]);

    await owner.client.deleteDataset({ dataset_id });
    await page.unroute(isItems);
    await page.reload();
    await page.getByText("1 caption was discarded").waitFor();
    await expect.poll(() => storedTexts(page)).toEqual([]);
  });

  test("are deleted from this browser when the person signs out, who is asked first", async ({
    studio,
    openDataset,
  }) => {
    const { page } = await openDataset(1);
    await failPuts(page, studio);
    await caption(page, "001", "a secret harbour");
    await page.getByText("1 caption not saved yet").waitFor();
    expect(await storedTexts(page)).toEqual(["a secret harbour"]);
    await signOut(page);
    const dialog = page.getByRole("dialog", { name: "Sign out?" });
    await dialog.getByText("only this browser has: unsaved captions.").waitFor();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Stay signed in" }).click();
    expect(await storedTexts(page)).toEqual(["a secret harbour"]);
    await signOut(page);
    await dialog.getByRole("button", { name: "Sign out anyway" }).click();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await expect.poll(() => storedTexts(page)).toEqual([]);
  });

  test("are sent once more when the person signs out, also those of an earlier visit", async ({
    studio,
    openDataset,
  }) => {
    const { page, captions } = await openDataset(1);
    await failPuts(page, studio);
    await caption(page, "001", "a harbour");
    await page.getByText("1 caption not saved yet").waitFor();
    await page.goto("/worlds");
    await page.getByRole("heading", { name: "Worlds", level: 1 }).waitFor();
    await page.unroute(isItems);
    await signOut(page);
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    expect(await captions()).toEqual(["a harbour"]);
  });

  test("are imported from a metadata.jsonl, and the page says what matched", async ({
    openDataset,
  }) => {
    const { page, captions } = await openDataset(3);
    await page.getByRole("button", { name: "Import captions" }).click();
    await expectAccessible(page);
    const lines = [
      '{"file_name": "train/001.png", "text": "a harbour"}',
      '{"file_name": "002.png", "text": "two boats"}',
      '{"file_name": "900.png", "text": "elsewhere"}',
      "not json",
    ];
    const [chooser] = await Promise.all([
      page.waitForEvent("filechooser"),
      page.getByRole("button", { name: "Choose a file" }).click(),
    ]);
    const buffer = Buffer.from(lines.join("\n"));
    await chooser.setFiles({ name: "metadata.jsonl", mimeType: "application/jsonl", buffer });
    await page.getByText("2 lines matched an image").waitFor();
    await page.getByText("is not the name of an image in this dataset").waitFor();
    await page.getByText("is not JSON").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Done" }).click();
    await card(page, "001").getByText("a harbour").waitFor();
    await card(page, "002").getByText("two boats").waitFor();
    expect(await captions()).toEqual(["a harbour", "two boats", null]);
  });
});

const editor = (page: Page, name: string) =>
  page.getByRole("textbox", { name: `Caption of ${name}.png` });

/** Writes one caption, and leaves it by the Escape of the next. */
async function caption(page: Page, name: string, text: string) {
  await card(page, name).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.type(text);
  await page.keyboard.press("Control+Enter");
  await page.keyboard.press("Escape");
}

async function signOut(page: Page) {
  await page.getByRole("button", { name: ": your account" }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
}

/** The captions that this browser stores. */
const storedTexts = (page: Page) =>
  page.evaluate(() =>
    Object.entries(localStorage).flatMap(([key, text]) =>
      key.startsWith("keepsake caption ") ? [text] : [],
    ),
  );
