import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { describe, expect } from "vitest";
import { gpsJpeg, png } from "../support/images.ts";
import { expectAccessibleEverywhere, test } from "../support/studio.ts";
import { choose, headline, namesOf, picture, row, tray } from "../support/uploadPages.ts";

describe("pictures get into the gallery", () => {
  test("from a dropped folder and its folders, whose other files are named as skipped", async ({
    owner,
    open,
    onTestFinished,
  }) => {
    const folder = await mkdtemp(join(tmpdir(), "keepsake-folder-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, "trip", "day 2"), { recursive: true });
    const files = {
      "trip/beach.png": await png(64, "#123456"),
      "trip/day 2/hill.png": await png(64, "#234567"),
      "trip/day 2/diary.txt": "Not a picture",
      "trip/.DS_Store": "x",
      "trip/plan.pdf": "%PDF-",
    };
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
    const page = await open("/images");
    await tray(page).waitFor({ state: "attached" });
    await dragFiles(page, [join(folder, "trip")]);

    await headline(page, "2 pictures uploaded").waitFor();
    expect(await page.getByText("Drop to upload").count()).toBe(0);
    await tray(page)
      .getByText("Skipped 2 files that are no picture: diary.txt, plan.pdf")
      .waitFor();
    expect((await namesOf(owner)).sort()).toEqual(["beach.png", "hill.png"]);
    await page.getByRole("button", { name: "Dismiss the skipped files" }).click();
    expect(await tray(page).getByText("Skipped").count()).toBe(0);
  });

  test("from a drop on another page only when that is meant, and the page stays", async ({
    owner,
    open,
    onTestFinished,
  }) => {
    const folder = await mkdtemp(join(tmpdir(), "keepsake-drop-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, "dropped.png");
    await writeFile(path, await png(64, "#345678"));
    const page = await open("/worlds");
    await page.getByText("No worlds yet").waitFor();
    await tray(page).waitFor({ state: "attached" });
    const address = page.url();
    await dragFiles(page, [path]);
    await tray(page).getByText("Upload dropped.png to your images?").waitFor();
    await page.getByRole("button", { name: "Not now" }).click();
    expect(await namesOf(owner)).toEqual([]);

    await dragFiles(page, [path]);
    await expectAccessibleEverywhere(page);
    await tray(page).getByRole("button", { name: "Upload", exact: true }).press("Enter");
    await headline(page, "1 picture uploaded").waitFor();
    expect(page.url()).toBe(address);
    expect(await namesOf(owner)).toEqual(["dropped.png"]);
  });

  test("from a URL of an allowed host; another host is refused with those that work", async ({
    studio,
    owner,
    open,
  }) => {
    const id = studio.imageHosts.generate("sample", await png(64, "#456789"));
    const url = studio.imageHosts.url(id);
    const page = await open("/images");
    await page.getByRole("button", { name: "From a URL" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a picture from a URL" });
    await dialog
      .getByText(
        /^Works with pictures from Replicate, fal, OpenAI, Hugging Face Spaces, ComfyDeploy, /,
      )
      .waitFor();
    const field = dialog.getByLabel("Address of the picture");
    await page.keyboard.type("https://elsewhere.example/picture.png"); // the field has the focus
    await field.press("Enter");
    await dialog
      .getByRole("alert")
      .getByText(
        "Keepsake cannot fetch pictures from elsewhere.example. Save the picture, and upload",
      )
      .waitFor();
    expect(await dialog.getByText("*").count()).toBe(0); // patterns of host names
    await field.fill("ftp:x");
    await field.press("Enter");
    await dialog.getByRole("alert").getByText("This is not the address of a picture").waitFor();
    await expectAccessibleEverywhere(page);
    await field.fill(url);
    await field.press("Enter");
    await dialog.waitFor({ state: "detached" });
    await expect
      .poll(async () => (await owner.client.listImages()).images)
      .toMatchObject([{ platform: "url", status: "published" }]);
  });

  test("from the address of a picture that is pasted into the page", async ({
    studio,
    owner,
    open,
  }) => {
    const id = studio.imageHosts.generate("sample", await png(64, "#567890"));
    const url = studio.imageHosts.url(id);
    const page = await open("/images");
    await page.getByRole("button", { name: "From a URL" }).waitFor();
    await page.evaluate((url) => navigator.clipboard.writeText(url), url);
    await page.keyboard.press("Control+V");
    const dialog = page.getByRole("dialog", { name: "Add a picture from a URL" });
    expect(await dialog.getByLabel("Address of the picture").inputValue()).toBe(url);
    await dialog.getByRole("button", { name: "Add picture" }).click();
    await dialog.waitFor({ state: "detached" });
    expect((await owner.client.listImages()).images).toMatchObject([{ status: "published" }]);
  });

  test("by a button that a phone calls by the camera", async ({ open }) => {
    const phone = await open("/images", { hasTouch: true, isMobile: true });
    await phone.getByRole("button", { name: "Choose or take photos" }).waitFor();
    const desktop = await open("/images");
    await desktop.getByRole("button", { name: "Choose pictures" }).waitFor();
  });

  test("within 300 px of the top of the page on a desktop", async ({ owner, open }) => {
    const page = await open("/images");
    await choose(page, [{ name: "top.png", bytes: await png(64, "#678901") }]);
    await picture(page, "top.png").waitFor();
    const heading = await page.getByRole("heading", { level: 1 }).boundingBox();
    const first = await picture(page, "top.png").boundingBox();
    expect(first!.y - heading!.y).toBeLessThan(300); // 460 px with the large panel
    expect(await namesOf(owner)).toHaveLength(1);
  });
});

describe("the tray says", () => {
  test("that an animation was dropped", async ({ open }) => {
    const page = await open("/images");
    await choose(page, [{ name: "long.gif", type: "image/gif", bytes: await animation(301) }]);
    await row(page, "long.gif").getByText("Only its first frame was kept").waitFor();
  });

  test("how much smaller a picture became, and why", async ({ owner, open }) => {
    const page = await open("/images");
    const bytes = await gpsJpeg(900, 700);
    await choose(page, [{ name: "photo.jpg", type: "image/jpeg", bytes }]);
    await row(page, "photo.jpg")
      .getByText(/Uploaded, .* → .*: /)
      .waitFor();
    expect((await owner.client.listImages()).images).toHaveLength(1);
  });

  test("how many megapixels a picture has that is refused, and how many are possible", async ({
    open,
  }) => {
    const page = await open("/images");
    const bytes = await sharp({
      create: { width: 8_000, height: 6_000, channels: 3, background: "#789" },
    })
      .png()
      .toBuffer();
    await choose(page, [{ name: "48mp.png", bytes }]);
    await row(page, "48mp.png")
      .getByText("This picture has 48 megapixels (8,000 × 6,000): at most 40 are accepted of a PNG")
      .waitFor();
    expect(await page.getByRole("button", { name: "Retry" }).count()).toBe(0);
  });

  test("why a file that only claims to be a picture was refused", async ({ open }) => {
    const page = await open("/images");
    await choose(page, [{ name: "fake.png", bytes: Buffer.from("<html>Not a picture</html>") }]);
    await row(page, "fake.png").getByText("This file is not a supported picture").waitFor();
    expect(await page.getByRole("button", { name: "Retry" }).count()).toBe(0);
  });
});

/** Drags files and folders of this machine into the page, as a file manager does, and drops them. */
async function dragFiles(page: Page, files: string[]) {
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files, dragOperationsMask: 1 };
  const send = (type: "dragEnter" | "dragOver" | "drop") =>
    devtools.send("Input.dispatchDragEvent", { type, x: 300, y: 300, data });
  await send("dragEnter");
  // browsers repeat it while files are held over a page
  await expect
    .poll(async () => {
      await send("dragOver");
      return page.getByText("Drop to upload").count();
    })
    .toBe(1);
  await send("drop");
}

/** An animated GIF of so many frames. */
async function animation(frames: number): Promise<Buffer> {
  const [width, height] = [16, 16];
  const raw = randomBytes(width * height * frames * 3); // equal frames would become one
  return sharp(raw, { raw: { width, height: height * frames, channels: 3, pageHeight: height } })
    .gif()
    .toBuffer();
}
