import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { eventually, photos } from "../support/lightboxPages.ts";
import { expectAccessibleEverywhere, test } from "../support/studio.ts";

describe("the image picker", () => {
  test("takes a picture that is dropped on it, and says why one cannot be used", async ({
    owner,
    open,
  }) => {
    const page = await openPicker(await open("/"));
    const picker = page.getByRole("dialog");
    const drop = async (names: [string, Buffer][]) => {
      const dataTransfer = await dataTransferOf(page, names);
      await picker.dispatchEvent("dragover", { dataTransfer });
      await picker.getByText("Drop it to use it").waitFor();
      await picker.dispatchEvent("drop", { dataTransfer });
    };
    await drop([["notes.png", Buffer.from("Not a picture")]]);
    await picker.getByText("This file is not a supported picture").waitFor();
    await picker.getByRole("button", { name: "Dismiss notes.png" }).click();
    await expectAccessibleEverywhere(page);

    await drop([
      ["first.png", await png(64, "#123123")],
      ["second.png", await png(64, "#321321")],
    ]);
    await picker.waitFor({ state: "detached" });
    await page.getByText("Reference: first.png").waitFor();
    const names = async () =>
      (await owner.client.listImages()).images.map(({ filename }) => filename).sort();
    await eventually(names).toEqual(["first.png", "second.png"]);
  });

  test("takes a picture that is pasted", async ({ open }) => {
    const page = await openPicker(await open("/"));
    await page.evaluate(
      async (base64) => {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        const blob = new Blob([bytes], { type: "image/png" });
        await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
      },
      (await png(64, "#456456")).toString("base64"),
    );
    await page.keyboard.press("Control+V");
    await page.getByText("Reference: image.png").waitFor();
  });

  test("shows small copies of photos, and further pages of them", async ({
    studio,
    owner,
    open,
  }) => {
    const [photo] = await photos(owner, ["seed.jpg"]);
    await studio.stack.sql`
      insert into images
      select (jsonb_populate_record(i, jsonb_build_object(
        'image_id', uuidv7(), 'platform_ref', 'copy ' || n, 'filename', 'copy ' || n))).*
      from images i, generate_series(1, 40) n
      where image_id = ${photo!.image_id}
    `;
    const page = await open("/");
    const looked = Promise.withResolvers<void>(); // at the first 24
    await page.route(`${studio.stack.api}/images?*cursor=*`, async (route) => {
      await looked.promise;
      await route.continue();
    });
    await openPicker(page);
    const pictures = page.getByRole("dialog").getByRole("img");
    await eventually(() => pictures.count()).toBe(24);
    await eventually(() =>
      pictures.first().evaluate((image) => (image as HTMLImageElement).currentSrc),
    ).toBe(photo!.variants[0]!.url);
    looked.resolve();
    await pictures.last().scrollIntoViewIfNeeded();
    await eventually(() => pictures.count()).toBe(41);
    const last = page.getByRole("dialog").getByRole("button", { name: "seed.jpg" });
    await last.click();
    await page.getByText("Reference: seed.jpg").waitFor();
  });
});

test("a tile keeps its blurred placeholder until its picture is decoded", async ({
  owner,
  open,
}) => {
  const [photo] = await photos(owner, ["slow.jpg"]);
  const page = await open("/worlds");
  await page.addInitScript(() => {
    const waiting: (() => void)[] = [];
    Object.assign(window, { decodeAll: () => waiting.splice(0).map((go) => go()) });
    const { decode } = HTMLImageElement.prototype;
    HTMLImageElement.prototype.decode = async function () {
      await new Promise<void>((go) => waiting.push(go));
      return decode.call(this);
    };
  });
  const loaded = page.waitForResponse(photo!.variants[0]!.url);
  await page.goto("/");
  await openPicker(page);
  await (await loaded).finished();
  const picture = page.getByRole("dialog").getByRole("img", { name: "slow.jpg" });
  await eventually(() => picture.evaluate((image) => (image as HTMLImageElement).complete)).toBe(
    true,
  );
  const placeholder = () => picture.evaluate((image) => image.style.backgroundImage);
  await page.waitForTimeout(300); // the page would have dropped it by now
  expect(await placeholder()).toMatch(/^url\("data:image\/png;base64,/);
  await page.evaluate(() => (window as unknown as { decodeAll(): void }).decodeAll());
  await eventually(placeholder).toBe("");
});

async function openPicker(page: Page) {
  await page.getByRole("button", { name: "Use one of my images as a reference" }).click();
  await page.getByRole("dialog").waitFor();
  return page;
}

/** A `DataTransfer` with files, as dragging makes it. */
function dataTransferOf(page: Page, files: [string, Buffer][]) {
  return page.evaluateHandle(
    (files) => {
      const dataTransfer = new DataTransfer();
      for (const [name, base64] of files) {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        dataTransfer.items.add(new File([bytes], name, { type: "image/png" }));
      }
      return dataTransfer;
    },
    files.map(([name, bytes]) => [name, bytes.toString("base64")] as const),
  );
}
