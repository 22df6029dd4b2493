import type { Page, Route } from "playwright-core";
import { describe, expect } from "vitest";
import { noisePng } from "../support/images.ts";
import type { Owner } from "../support/stack.ts";
import { sweep } from "../support/stack.ts";
import { test } from "../support/studio.ts";
import {
  choose,
  headline,
  namesOf,
  pictureFile,
  pictureFiles,
  row,
  tray,
} from "../support/uploadPages.ts";
import { passUploadTime } from "../support/uploadTimeAndObjects.ts";

describe("uploads", () => {
  test("go on after a reload, each once", async ({ studio, owner, open }) => {
    const page = await open("/images");
    await holdUploads(page, studio.uploads);
    const files = await pictureFiles(6);
    await choose(page, files);
    await headline(page, "0 of 6 pictures uploaded").waitFor();
    await expect.poll(() => storedFiles(page)).toBe(6);
    await page.reload();
    await headline(page, "0 of 6 pictures uploaded").waitFor();
    await releaseUploads(page);
    await page.reload(); // one more, while they are sent

    await uploadedOnce(owner, 6);
    expect(await namesOf(owner)).toEqual(expect.arrayContaining(files.map(({ name }) => name)));
    await expect.poll(() => storedFiles(page)).toBe(0);
    await page.reload();
    await page.getByRole("heading", { name: "Images", level: 1 }).waitFor();
    expect(await tray(page).getByRole("listitem").count()).toBe(0);
  });

  test("of which no bytes had arrived when the page went are sent to the same URL, without a receipt of a deletion", async ({
    studio,
    owner,
    open,
  }) => {
    const page = await open("/images");
    let isReloaded = false;
    const puts: string[] = [];
    await page.route(`${studio.uploads}/**`, (route) => {
      if (route.request().method() !== "PUT") return route.continue();
      puts.push(route.request().url());
      return isReloaded ? route.continue() : undefined;
    });
    await choose(page, await pictureFiles(4));
    await expect.poll(() => puts.length).toBe(3);
    await expect.poll(() => storedFiles(page)).toBe(4);
    const before = puts.splice(0);
    page.once("domcontentloaded", () => {
      isReloaded = true;
    });
    await page.reload();

    await headline(page, "4 pictures uploaded").waitFor();
    expect(puts).toEqual(expect.arrayContaining(before));
    expect(puts).toHaveLength(4);
    expect((await owner.client.listErasures()).erasures).toEqual([]);
    await uploadedOnce(owner, 4);
  });

  test("of which all bytes had arrived when the page went are published once, by the page and by the sweep", async ({
    studio: { stack },
    owner,
    open,
  }) => {
    const page = await open("/images");
    // the page is gone before its request for the publication is sent
    let isReloaded = false;
    page.on("domcontentloaded", () => {
      isReloaded = true;
    });
    await page.route(`${stack.api}/uploads/*/complete`, (route) =>
      isReloaded ? route.continue() : undefined,
    );
    await choose(page, [await pictureFile("arrived.png", "#13579b")]);
    await row(page, "arrived.png").getByText("Checking…").waitFor();
    await expect.poll(() => storedFiles(page)).toBe(1);
    const puts: string[] = [];
    page.on("request", (request) => {
      if (request.method() === "PUT") puts.push(request.url());
    });
    await page.reload();

    await headline(page, "1 picture uploaded").waitFor();
    expect(puts).toEqual([]);
    await passUploadTime(stack, 7_200);
    await sweep(stack);
    await page.waitForTimeout(1_500); // its consumer
    expect(await namesOf(owner)).toEqual(["arrived.png"]);
  });

  test("that were cancelled without a connection are not published later", async ({
    studio: { stack },
    owner,
    open,
  }) => {
    const page = await open("/images");
    await page.route(`${stack.api}/uploads/*/complete`, (route) => route.abort("connectionfailed"));
    await page.route(new RegExp(`^${stack.api}/uploads/[^/]+$`), (route) =>
      route.request().method() === "DELETE" ? route.abort("connectionfailed") : route.continue(),
    );
    await choose(page, [await pictureFile("unwanted.png", "#9b5713")]);
    await row(page, "unwanted.png").getByText("Waiting for the connection").waitFor();
    await page.getByRole("button", { name: "Cancel unwanted.png" }).click();
    await expect.poll(() => storedFiles(page)).toBe(0);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    const cancelled = page.waitForResponse(
      (response) => response.request().method() === "DELETE" && response.status() === 204,
    );
    await page.reload();
    await cancelled;
    await passUploadTime(stack, 7_200);
    await sweep(stack);
    await page.waitForTimeout(1_500);
    expect(await namesOf(owner)).toEqual([]);
  });

  test("of a tab that is closed are taken over by another, and no file is sent twice", async ({
    studio,
    owner,
    open,
  }) => {
    const first = await open("/images");
    const second = await first.context().newPage();
    await second.goto("/worlds");
    await second.getByRole("heading", { name: "Worlds", level: 1 }).waitFor();
    await holdUploads(first, studio.uploads);
    await choose(first, await pictureFiles(5));
    await headline(first, "0 of 5 pictures uploaded").waitFor();
    await expect.poll(() => storedFiles(first)).toBe(5);
    await first.reload();
    await headline(first, "0 of 5 pictures uploaded").waitFor(); // it keeps them
    expect(await tray(second).getByRole("listitem").count()).toBe(0);
    await first.close();

    await headline(second, /5 pictures uploaded/).waitFor();
    await uploadedOnce(owner, 5);
  });

  test("of a tab that is still being opened are sent once", async ({ owner, open }) => {
    const first = await open("/images");
    const second = await first.context().newPage();
    await second.addInitScript(
      // as in a tab that was duplicated: it waits a second whether the other one ends
      (tab) => sessionStorage.setItem("keepsake.tab", tab),
      await first.evaluate(() => sessionStorage.getItem("keepsake.tab")!),
    );
    await second.goto("/images");
    await choose(second, [await pictureFile("early.png", "#57139b")]);
    await expect.poll(() => storedFiles(second)).toBe(1);

    await headline(second, "1 picture uploaded").waitFor();
    await expect.poll(() => storedFiles(second)).toBe(0);
    expect(await row(second, "early.png").count()).toBe(1);
    await uploadedOnce(owner, 1);
  });

  test("wait for the same person when the session ends, also while another person is signed in", async ({
    studio,
    owner,
    open,
  }) => {
    const { api } = studio.stack;
    const page = await open("/images");
    await holdUploads(page, studio.uploads);
    await choose(page, await pictureFiles(6));
    await headline(page, "0 of 6 pictures uploaded").waitFor();
    await expect.poll(() => storedFiles(page)).toBe(6);
    await page.route(`${api}/worlds**`, (route) =>
      route.fulfill({
        status: 401,
        headers: { "access-control-allow-origin": studio.origin },
        json: { message: "Unauthorized" },
      }),
    );
    await page.getByRole("navigation").getByRole("link", { name: "Worlds" }).click();
    await page.getByText(/^Your session ended.* 6 uploads/).waitFor();
    await page.unrouteAll({ behavior: "ignoreErrors" });

    const signIn = async (name: string) => {
      await page.getByLabel("Your name").fill(name);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("button", { name }).waitFor();
    };
    const other = `${owner.sub} other`;
    await signIn(other);
    await page.waitForTimeout(1_000);
    expect(await tray(page).getByRole("listitem").count()).toBe(0);
    expect(await namesOf({ client: studio.stack.client(other) })).toEqual([]);

    await page.evaluate(() => localStorage.removeItem("keepsake.name")); // no signing out on purpose
    await page.reload();
    await signIn(owner.sub);
    await headline(page, "6 pictures uploaded").waitFor();
    await uploadedOnce(owner, 6);
  });

  test("are deleted by signing out, which asks before", async ({ studio, owner, open }) => {
    const page = await open("/images");
    await holdUploads(page, studio.uploads);
    await choose(page, await pictureFiles(3));
    await headline(page, "0 of 3 pictures uploaded").waitFor();
    await expect.poll(() => storedFiles(page)).toBe(3);
    const signOut = async () => {
      await page.getByRole("button", { name: owner.sub }).click();
      await page.getByRole("button", { name: "Sign out", exact: true }).click();
    };
    await signOut();
    const dialog = page.getByRole("dialog", { name: "Sign out?" });
    await dialog.getByText("3 uploads").waitFor();
    await dialog.getByRole("button", { name: "Stay signed in" }).click();
    await headline(page, "0 of 3 pictures uploaded").waitFor();
    await signOut();
    await dialog.getByRole("button", { name: "Sign out anyway" }).click();
    await page.getByLabel("Your name").waitFor();
    await expect.poll(() => storedFiles(page)).toBe(0);
    await releaseUploads(page);
    await page.getByLabel("Your name").fill(owner.sub);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "No images yet" }).waitFor();
    expect(await tray(page).getByRole("listitem").count()).toBe(0);
  });

  test("for a dataset get into it also when the page is reloaded meanwhile", async ({
    studio,
    owner,
    open,
  }) => {
    const { dataset } = await owner.client.createDataset({ name: "Kept" });
    const page = await open(`/datasets/${dataset.dataset_id}`);
    await holdUploads(page, studio.uploads);
    const files = (await pictureFiles(2)).map(({ name, bytes }) => ({
      ...{ name, buffer: bytes },
      mimeType: "image/png",
    }));
    await page.getByRole("main").locator("input[type=file]").first().setInputFiles(files);
    await expect.poll(() => storedFiles(page)).toBe(2);
    await releaseUploads(page);
    await page.goto("/worlds");

    const { dataset_id } = dataset;
    const items = async () => (await owner.client.listDatasetItems({ dataset_id })).items;
    await expect.poll(async () => (await items()).length).toBe(2);
    await expect.poll(() => storedFiles(page)).toBe(0);
  });

  test("ask before the page is closed only when this browser could not store them, and say so", async ({
    studio,
    open,
  }) => {
    const page = await open("/images");
    const dialogs: string[] = [];
    page.on("dialog", (dialog) => {
      dialogs.push(dialog.type());
      dialog.accept();
    });
    await page.getByRole("heading", { name: "Images", level: 1 }).click(); // a page that was never clicked is closed without asking
    await holdUploads(page, studio.uploads);
    await choose(page, [await pictureFile("stored.png", "#abc")]);
    await expect.poll(() => storedFiles(page)).toBe(1);
    await page.reload();
    expect(dialogs).toEqual([]);
    await headline(page, "0 of 1 picture uploaded").waitFor();
    await page.close({ runBeforeUnload: true });
    expect(dialogs).toEqual([]);

    const full = await open("/images");
    full.on("dialog", (dialog) => {
      dialogs.push(dialog.type());
      dialog.accept();
    });
    const devtools = await full.context().newCDPSession(full);
    const quota = { origin: studio.origin, quotaSize: 1_000 };
    await devtools.send("Storage.overrideQuotaForOrigin", quota);
    await full.getByRole("heading", { name: "Images", level: 1 }).click(); // a page that was never clicked is closed without asking
    await holdUploads(full, studio.uploads);
    await choose(full, [{ name: "vast.png", bytes: await noisePng(1_000) }]);
    await tray(full).getByText("keep this page open until they are uploaded").waitFor();
    await full.close({ runBeforeUnload: true });
    await expect.poll(() => dialogs).toEqual(["beforeunload"]);
  });

  test("that this browser could not store are still uploaded, also after the session ended", async ({
    studio,
    owner,
    open,
  }) => {
    const page = await open("/images");
    const devtools = await page.context().newCDPSession(page);
    const quota = { origin: studio.origin, quotaSize: 1_000 };
    await devtools.send("Storage.overrideQuotaForOrigin", quota);
    await holdUploads(page, studio.uploads);
    await choose(page, [{ name: "unstored.png", bytes: await noisePng(1_000) }]);
    await tray(page).getByText("keep this page open until they are uploaded").waitFor();
    await page.route(`${studio.stack.api}/worlds**`, (route) =>
      route.fulfill({ status: 401, headers: { "access-control-allow-origin": studio.origin } }),
    );
    await page.getByRole("navigation").getByRole("link", { name: "Worlds" }).click();
    await page.getByText(/^Your session ended/).waitFor();
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.getByLabel("Your name").fill(owner.sub);
    await page.getByRole("button", { name: "Sign in" }).click();

    await headline(page, "1 picture uploaded").waitFor();
    expect(await namesOf(owner)).toEqual(["unstored.png"]);
  });
});

/** PUTs get no response until `releaseUploads` or the end of the page. */
const holdUploads = (page: Page, uploads: string) =>
  page.route(`${uploads}/**`, (route: Route) =>
    route.request().method() === "PUT" ? undefined : route.continue(),
  );

const releaseUploads = (page: Page) => page.unrouteAll({ behavior: "ignoreErrors" });

/** How many files this browser stores, of everyone. */
const storedFiles = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open("keepsake uploads");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const count = opening.result.transaction("files").objectStore("files").count();
          count.onsuccess = () => {
            opening.result.close();
            resolve(count.result);
          };
        };
      }),
  );

/** Waits for so many images, and for more that must not come. */
async function uploadedOnce(owner: Owner, count: number) {
  await expect.poll(async () => (await namesOf(owner)).length).toBe(count);
  const names = await namesOf(owner);
  expect(new Set(names).size).toBe(count);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await namesOf(owner)).toEqual(names);
}
