import type { Page, Route } from "playwright-core";
import { describe, expect } from "vitest";
import { noisePng, png } from "../support/images.ts";
import { expectAccessibleEverywhere, test } from "../support/studio.ts";
import {
  choose,
  dataTransferOf,
  headline,
  namesOf,
  picture,
  pictureFile,
  pictureFiles,
  row,
  throttle,
  tray,
} from "../support/uploadPages.ts";
import { fileOf } from "../support/uploadRequests.ts";

describe("uploads", () => {
  test("of several chosen files come first in the gallery", async ({ owner, open }) => {
    await owner.client.upload(fileOf(await png(64, "#010203"), "old.png"));
    const page = await open("/images");
    await picture(page, "old.png").waitFor();
    await choose(page, await pictureFiles(5));

    await headline(page, "5 pictures uploaded").waitFor();
    await picture(page, "picture4.png").waitFor();
    const { images } = await owner.client.listImages();
    expect(images).toHaveLength(6);
    const shown = await page
      .getByRole("main")
      .getByRole("img")
      .evaluateAll((pictures) => pictures.map((picture) => picture.getAttribute("alt")));
    expect(shown).toEqual(images.map(({ filename }) => filename));
  });

  test("of files that are pasted", async ({ owner, open }) => {
    const page = await open("/images");
    await page.evaluate(
      async (base64) => {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        const blob = new Blob([bytes], { type: "image/png" });
        await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
      },
      (await png(64, "#223344")).toString("base64"),
    );
    await page.keyboard.press("Control+V");

    await picture(page, "image.png").waitFor();
    expect((await owner.client.listImages()).images).toMatchObject([{ status: "published" }]);
  });

  test("show their progress on a slow connection, on every page", async ({ owner, open }) => {
    const page = await open("/images");
    await throttle(page, 40_000); // 7 s: the page shows other sections meanwhile
    await choose(page, [{ name: "slow.png", bytes: await noisePng(300) }]);

    const progress = page.getByRole("progressbar", { name: "Uploading slow.png" });
    await expect.poll(() => percentOf(progress)).toBeGreaterThan(0);
    expect(await percentOf(progress)).toBeLessThan(100);
    await page.getByRole("link", { name: "Worlds" }).click();
    await page.getByRole("heading", { name: "Worlds", level: 1 }).waitFor();
    await headline(page, "0 of 1 picture uploaded").waitFor();
    expect(await percentOf(progress)).toBeLessThan(100);
    await throttle(page, -1);

    await headline(page, "1 picture uploaded").waitFor();
    expect(await namesOf(owner)).toEqual(["slow.png"]);
  });

  test("that are cancelled leave nothing behind", async ({ studio, owner, open }) => {
    const page = await open("/images");
    await throttle(page, 150_000);
    const presigned = page.waitForResponse(
      (response) => response.url() === `${studio.stack.api}/uploads` && response.status() === 201,
    );
    await choose(page, [{ name: "regret.png", bytes: await noisePng(300) }]);
    const { upload_id } = await (await presigned).json();
    const progress = page.getByRole("progressbar", { name: "Uploading regret.png" });
    await expect.poll(() => percentOf(progress)).toBeGreaterThan(0);
    const aborted = page.waitForEvent("requestfailed", (request) => request.method() === "PUT");
    await page.getByRole("button", { name: "Cancel regret.png" }).click();
    await aborted;

    expect(await page.getByText("regret.png").count()).toBe(0);
    const { client } = owner;
    const completing = () => client.completeUpload({ upload_id }).catch(({ code }) => code);
    await expect.poll(completing).toBe("upload.not_found"); // it takes no quota
    expect((await client.listImages()).images).toEqual([]);
    await page.reload();
    await page.getByRole("heading", { name: "No images yet" }).waitFor();
    expect(await row(page, "regret.png").count()).toBe(0);
  });

  test("go to a new URL when the first has expired", async ({ studio, owner, open }) => {
    const page = await open("/images");
    const statuses: number[] = [];
    page.on("response", (response) => {
      if (response.request().method() === "PUT") statuses.push(response.status());
    });
    await page.route(
      `${studio.uploads}/**`,
      async (route) => {
        // six minutes later R2 rejects a URL signed for five
        await page.clock.setSystemTime(Date.now() + 360_000);
        await route.continue({ url: route.request().url().replace("Expires=300", "Expires=1") });
      },
      { times: 1 },
    );
    await choose(page, [await pictureFile("patient.png", "#334455")]);

    await headline(page, "1 picture uploaded").waitFor();
    expect(statuses).toEqual([403, 200]);
    expect(await namesOf(owner)).toEqual(["patient.png"]);
  });

  test("that failed are retried one by one, or all at once", async ({ studio, owner, open }) => {
    const page = await open("/images");
    await page.route(`${studio.uploads}/**`, answer(studio.origin, 400), { times: 3 });
    await choose(page, await pictureFiles(3));
    await headline(page, "3 pictures failed").waitFor();
    await row(page, "picture1.png")
      .getByText("The storage rejected this file. Try again.")
      .waitFor();
    expect(await namesOf(owner)).toEqual([]);

    await page.getByRole("button", { name: "Retry picture1.png" }).click();
    await headline(page, "1 picture uploaded, 2 failed").waitFor();
    await page.getByRole("button", { name: "Retry all" }).click();
    await headline(page, "3 pictures uploaded").waitFor();
    expect((await namesOf(owner)).sort()).toEqual(["picture0.png", "picture1.png", "picture2.png"]);
  });

  test("are all cancelled by one button, and what is published by then stays", async ({
    studio,
    owner,
    open,
  }) => {
    const page = await open("/images");
    await choose(page, [await pictureFile("first.png", "#345")]);
    await headline(page, "1 picture uploaded").waitFor();
    await page.route(`${studio.uploads}/**`, () => {}); // never answers
    await choose(page, await pictureFiles(5));
    await headline(page, "1 of 6 pictures uploaded").waitFor();
    await page.getByRole("button", { name: "Cancel all" }).click();

    await headline(page, "1 picture uploaded").waitFor();
    expect(await row(page, "picture").count()).toBe(0);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await page.reload();
    await picture(page, "first.png").waitFor();
    expect(await row(page, "picture").count()).toBe(0);
    expect(await namesOf(owner)).toEqual(["first.png"]);
  });

  test("that are active come first, then those that failed; the others are folded", async ({
    studio,
    open,
  }) => {
    const page = await open("/images");
    await choose(page, await pictureFiles(4, "done"));
    await headline(page, "4 pictures uploaded").waitFor();
    await page.route(`${studio.uploads}/**`, () => {});
    await choose(page, [
      { name: "notes.txt", type: "text/plain", bytes: Buffer.from("x") },
      await pictureFile("active.png", "#456"),
    ]);

    const rows = tray(page).getByRole("listitem");
    await expect.poll(() => rows.count()).toBe(2);
    expect(await rows.first().textContent()).toContain("active.png");
    expect(await rows.last().textContent()).toContain("notes.txt");
    await tray(page).getByText("4 uploaded", { exact: true }).click();
    expect(await rows.count()).toBe(6);
  });

  test("of what is no picture, empty or too large fail before anything is sent", async ({
    open,
  }) => {
    const page = await open("/images");
    await page.getByRole("heading", { name: "No images yet" }).waitFor();
    const calls: string[] = [];
    page.on("request", (request) => {
      if (request.method() !== "GET") calls.push(request.url());
    });
    const dataTransfer = await dataTransferOf(page, [
      { name: "notes.txt", type: "text/plain", bytes: Buffer.from("Not a picture") },
      { name: "nothing.png", bytes: Buffer.alloc(0) },
      { name: "vast.jpg", type: "image/jpeg", bytes: 20_000_001 },
    ]);
    await page.dispatchEvent("h1", "drop", { dataTransfer });

    await row(page, "notes.txt").getByText("This file is not a supported picture").waitFor();
    await row(page, "nothing.png").getByText("This picture is damaged or incomplete").waitFor();
    await row(page, "vast.jpg")
      .getByText("This picture is too large. Use one of at most 20 MB")
      .waitFor();
    expect(await page.getByRole("button", { name: "Retry" }).count()).toBe(0);
    await page.getByRole("button", { name: "Dismiss notes.txt" }).click();
    expect(await row(page, "notes.txt").count()).toBe(0);
    expect(calls).toEqual([]);
  });

  test("pass axe while they run, fail and are folded, in light and dark, on a phone and a desktop", async ({
    studio,
    open,
  }) => {
    const page = await open("/images", { reducedMotion: "reduce" });
    await choose(page, await pictureFiles(4, "done"));
    await headline(page, "4 pictures uploaded").waitFor();
    await expectAccessibleEverywhere(page);
    await page.route(`${studio.uploads}/**`, () => {});
    await choose(page, [
      { name: "a-name-that-is-much-longer-than-a-phone-is-wide.png", bytes: await noisePng(200) },
      { name: "notes.txt", type: "text/plain", bytes: Buffer.from("x") },
      await pictureFile("another.png", "#567"),
    ]);
    await page.getByRole("button", { name: "Dismiss notes.txt" }).waitFor();
    await expectAccessibleEverywhere(page);
    await page.getByRole("button", { name: "Cancel a-name" }).click(); // fails unless it was in flight until now
  });
});

const percentOf = async (progress: ReturnType<Page["getByRole"]>) =>
  Number(await progress.getAttribute("value"));

/** An empty response that CORS lets the page read. */
const answer = (origin: string, status: number) => (route: Route) =>
  route.fulfill({ status, headers: { "access-control-allow-origin": origin } });
