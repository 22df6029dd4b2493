import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { insertGallery, tile, tileNames } from "../support/galleryPages.ts";
import { png } from "../support/images.ts";
import { expectAccessible, test } from "../support/studio.ts";
import { fileOf } from "../support/uploadRequests.ts";

describe("the selected images are", () => {
  test("deleted after one question, except those in use, which can be deleted anyway", async ({
    owner,
    open,
  }) => {
    const ids: string[] = [];
    for (const [index, colour] of ["#102030", "#203040", "#304050", "#405060"].entries())
      ids.push((await owner.client.upload(fileOf(await png(64, colour), `${index}.png`))).image_id);
    const { dataset_id } = (await owner.client.createDataset({ name: "Kept" })).dataset;
    await owner.client.putDatasetItems({ dataset_id, items: [{ image_id: ids[1]! }] });

    const page = await open("/images");
    await select(page, ["2.png", "1.png"]);
    await page.getByRole("button", { name: "Delete…" }).click();
    await page.getByRole("dialog", { name: "Delete 2 images?" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Delete 2 images" }).click();
    const result = page.getByRole("dialog", { name: "Not all were deleted" });
    await result.getByText("1 image was deleted").waitFor();
    await result.getByRole("list", { name: "Left as they were" }).getByText("1.png").waitFor();
    await expectAccessible(page);
    expect(await tileNames(page)).toEqual(["3.png", "1.png", "0.png"]);
    await result.getByRole("button", { name: "Delete it anyway" }).click();
    await page.getByRole("dialog", { name: "Deleted" }).getByText("2 receipts").waitFor();
    await page.getByRole("button", { name: "Done" }).last().click();

    await expect.poll(() => tileNames(page)).toEqual(["3.png", "0.png"]);
    await expect.poll(() => focused(page)).toBe("0.png"); // the next one in their place
    const left = (await owner.client.listImages()).images.map(({ image_id }) => image_id);
    expect(left).toEqual([ids[3], ids[0]]);
    await page.reload();
    await select(page, ["3.png", "0.png"]);
    await page.keyboard.press("Delete");
    await page.getByRole("button", { name: "Delete 2 images" }).click();
    await page.getByRole("dialog", { name: "Deleted" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { name: "No images yet" }).waitFor();
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent))
      .toBe("Gallery");
  });

  test("downloaded as one zip of their originals, each under a name of its own", async ({
    owner,
    open,
  }) => {
    const sent = [await png(64, "#112233"), await png(80, "#223344"), await png(96, "#334455")];
    const images = [];
    for (const [index, name] of ["sea.png", "sea.png", "b:c.png"].entries())
      images.push(await owner.client.upload(fileOf(sent[index]!, name)));
    const page = await open("/images");
    // without a dialog of the browser, which no test can answer
    await page.evaluate(() => Object.assign(window, { showSaveFilePicker: undefined }));
    await page.getByRole("gridcell").getByRole("link").first().focus();
    await page.keyboard.press("Control+a");
    const downloading = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download" }).click();
    const download = await downloading;
    expect(download.suggestedFilename()).toMatch(/^keepsake-\d{4}-\d\d-\d\d\.zip$/);
    const directory = mkdtempSync(join(tmpdir(), "keepsake-zip-"));
    await download.saveAs(join(directory, "images.zip"));
    const unzip = "import zipfile, sys; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])";
    const unpacked = join(directory, "unpacked");
    execFileSync("python3", ["-c", unzip, join(directory, "images.zip"), unpacked]);
    expect(readdirSync(unpacked).sort()).toEqual(["b_c.png", "sea (2).png", "sea.png"]);
    for (const [name, image] of [
      ["sea.png", images[1]!],
      ["sea (2).png", images[0]!],
    ] as const) {
      const original = await fetch(image.url!).then((response) => response.bytes());
      expect(Buffer.compare(await readFile(join(unpacked, name)), original), name).toBe(0);
    }
    await page.getByRole("dialog", { name: "Downloaded" }).waitFor();
    await expectAccessible(page);
  });

  test("streamed to the disk where the browser can, without those that cannot be read", async ({
    owner,
    open,
  }) => {
    const [, gone] = [
      await owner.client.upload(fileOf(await png(64, "#445566"), "here.png")),
      await owner.client.upload(fileOf(await png(64, "#556677"), "gone.png")),
    ];
    const page = await open("/images");
    await page.evaluate(() => {
      const written: number[] = [];
      const createWritable = async () =>
        new WritableStream<Uint8Array>({ write: (chunk) => void written.push(chunk.length) });
      const showSaveFilePicker = async () => ({ name: "mine.zip", createWritable });
      Object.assign(window, { showSaveFilePicker, written });
    });
    await select(page, ["gone.png", "here.png"]);
    await page.route(gone!.url!, (route) => route.fulfill({ status: 404 }));
    await page.getByRole("button", { name: "Download" }).click();
    const dialog = page.getByRole("dialog", { name: "Downloaded" });
    await dialog.getByText("1 image in mine.zip").waitFor();
    await dialog.getByRole("listitem").getByText("gone.png").waitFor();
    const written = await page.evaluate(() => (window as { written?: number[] }).written!);
    expect(written.length).toBeGreaterThan(1);
  });

  test("tagged together: tags are added to all, and removed from all", async ({
    studio: { stack },
    owner,
    open,
  }) => {
    await insertGallery(stack, owner, [{ tags: ["sea", "old"] }, { tags: ["sea"] }, {}]);
    const page = await open("/images");
    await select(page, ["002.jpg", "001.jpg"]);
    await page.getByRole("button", { name: "Tags…" }).click();
    const dialog = page.getByRole("dialog", { name: "Tags of 2 images" });
    await dialog.getByRole("button", { name: "Remove old 1 of 2" }).click();
    await dialog.getByLabel("Add tags").fill("Harbour, night");
    await page.keyboard.press("Enter");
    await expectAccessible(page);
    await dialog.getByLabel("Add tags").fill("low sun");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const { images } = await owner.client.listImages();
    const added = ["harbour", "night", "low sun"];
    expect(images.map(({ tags }) => tags)).toEqual([[], ["sea", ...added], ["sea", ...added]]);
  });

  test("tagged after a question, when the dialog is closed with tags that are not saved", async ({
    studio: { stack },
    owner,
    open,
  }) => {
    await insertGallery(stack, owner, [{ tags: ["sea"] }]);
    const page = await open("/images");
    await select(page, ["001.jpg"]);
    await page.getByRole("button", { name: "Tags…" }).click();
    await page.keyboard.type("عيد, <b>x</b>");
    await page.keyboard.press("Enter");
    await page.keyboard.type("typed");
    await page.keyboard.press("Escape");
    const question = page.getByRole("dialog", { name: "Save these tags?" });
    await question.getByText("عيد, <b>x</b>, typed").waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Escape"); // goes on
    const dialog = page.getByRole("dialog", { name: "Tags of 1 image" });
    await dialog.getByRole("button", { name: "Do not add typed" }).waitFor();
    await page.keyboard.press("Escape");
    await question.waitFor();
    await page.keyboard.press("Enter"); // Save has the focus
    await page.getByRole("dialog").waitFor({ state: "detached" });
    const { images } = await owner.client.listImages();
    expect(images[0]!.tags).toEqual(["sea", "عيد", "<b>x</b>", "typed"]);
    expect(await page.evaluate(() => document.activeElement?.textContent?.trim())).toBe("Tags…");

    await page.getByRole("button", { name: "Tags…" }).click();
    await page.keyboard.press("Escape"); // nothing to ask about
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Tags…" }).click();
    await page.keyboard.type("unwanted");
    await page.keyboard.press("Escape");
    await question.getByRole("button", { name: "Discard" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect((await owner.client.listImages()).images[0]!.tags).toHaveLength(4);
  });

  test("copied, one in each line", async ({ owner, open }) => {
    const urls: (string | null)[] = [];
    for (const name of ["one.png", "two.png"])
      urls.unshift(
        (
          await owner.client.upload(
            fileOf(await png(64, name === "one.png" ? "#667788" : "#778899"), name),
          )
        ).url,
      );
    const page = await open("/images");
    await select(page, ["two.png", "one.png"]);
    await page.getByRole("button", { name: "Copy…" }).click();
    const copied = async (label: string) => {
      await page.getByRole("dialog").getByRole("button", { name: label, exact: true }).click();
      await page.getByRole("dialog").getByText("Copied").first().waitFor();
      return page.evaluate(() => navigator.clipboard.readText());
    };
    expect(await copied("Addresses")).toBe(urls.join("\n"));
    expect(await copied("Markdown")).toBe(urls.map((url) => `![](${url})`).join("\n"));
  });
});

/** Selects images by their names. */
async function select(page: Page, names: string[]) {
  for (const name of names) {
    await tile(page, name).focus();
    await page.keyboard.press("Space");
  }
}

const focused = (page: Page) =>
  page.evaluate(() => document.activeElement?.querySelector("img")?.alt);
