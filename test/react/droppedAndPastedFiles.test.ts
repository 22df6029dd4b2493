import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { choose, gallery, patience, statuses, test, throttle } from "./support/reactPage.ts";

describe("files on a page with a dropzone", () => {
  test("are taken when they are dropped on the dropzone, and ignored elsewhere, where the browser would open them", async ({
    open,
  }) => {
    const { page } = await open();
    const zone = page.getByRole("region", { name: "Upload pictures" });
    const dataTransfer = await dataTransferOf(page, await png(64, "#112233"));
    const isOpenedByBrowser = await page
      .locator("h1")
      .evaluate(
        (heading, dataTransfer) =>
          heading.dispatchEvent(
            new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }),
          ),
        dataTransfer,
      );
    expect(isOpenedByBrowser).toBe(false);
    expect(await statuses(page)).toEqual([]);
    await zone.dispatchEvent("dragover", { dataTransfer });
    await expect.poll(() => zone.getAttribute("data-dragging")).toBe("true");
    await zone.dispatchEvent("drop", { dataTransfer });
    await gallery(page).getByRole("img", { name: "dropped.png" }).waitFor();
    expect(await zone.getAttribute("data-dragging")).toBe(null);
  });

  test("are taken from folders, with their folders, without what is no picture", async ({
    folder,
    open,
  }) => {
    const { page } = await open();
    const box = await page.getByRole("region", { name: "Upload pictures" }).boundingBox();
    const devtools = await page.context().newCDPSession(page);
    const data = { items: [], files: [folder], dragOperationsMask: 1 };
    const at = { x: box!.x + 10, y: box!.y + 10, data };
    for (const type of ["dragEnter", "dragOver", "drop"] as const)
      await devtools.send("Input.dispatchDragEvent", { type, ...at });
    await page.getByText("3 files uploaded", { exact: true }).waitFor(patience);
    const names = await gallery(page).getByRole("img").evaluateAll(alts);
    expect(names.sort()).toEqual(["a.png", "b2.png", "b10.png"].sort());
  });

  test("are taken from a chosen folder by their names when the browser knows no type", async ({
    open,
  }) => {
    const { page } = await open({ button: { directory: true } });
    await page.locator("input[type=file]").evaluate(
      (input: HTMLInputElement, base64) => {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        const chosen = new DataTransfer();
        for (const name of ["untyped.png", "notes.txt"])
          chosen.items.add(new File([bytes], name, { type: "" }));
        input.files = chosen.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
      },
      (await png(64, "#223344")).toString("base64"),
    );
    await gallery(page).getByRole("img", { name: "untyped.png" }).waitFor();
  });

  test("are taken after a picture of the page was removed while it was dragged, which ends no drag", async ({
    open,
  }) => {
    const { page } = await open();
    const zone = page.getByRole("region", { name: "Upload pictures" });
    const dataTransfer = await dataTransferOf(page, await png(64, "#334455"));
    await page.locator("h1").dispatchEvent("dragstart");
    await zone.dispatchEvent("dragover", { dataTransfer });
    expect(await zone.getAttribute("data-dragging")).toBe(null);
    await page.mouse.move(5, 5);
    await zone.dispatchEvent("dragover", { dataTransfer });
    await expect.poll(() => zone.getAttribute("data-dragging")).toBe("true");
  });

  test("do not include the page's own pictures, which a browser drags as files", async ({
    open,
  }) => {
    const { page } = await open();
    await choose(page, [
      { name: "own.png", mimeType: "image/png", buffer: await png(64, "#445577") },
    ]);
    await gallery(page).getByRole("img", { name: "own.png" }).hover();
    const zone = page.getByRole("region", { name: "Upload pictures" });
    await page.evaluate(() => {
      window.drags = [];
      for (const name of ["dragstart", "dragover", "drop"])
        addEventListener(name, ({ type }) => window.drags.push(type), true);
    });
    const { x, y } = (await zone.boundingBox())!;
    await page.mouse.down();
    await page.mouse.move(x + 20, y + 10, { steps: 5 });
    await page.mouse.move(x + 30, y + 12, { steps: 5 });
    expect(await zone.getAttribute("data-dragging")).toBe(null);
    await page.mouse.up();
    expect(await page.evaluate(() => new Set(window.drags).has("dragover"))).toBe(true);
    expect(await statuses(page)).toEqual(["published"]);
  });

  test("are taken when they are pasted outside a text field", async ({ open }) => {
    const { page } = await open();
    const paste = (selector: string) =>
      page.locator(selector).evaluate((element, base64) => {
        const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
        const clipboardData = new DataTransfer();
        clipboardData.items.add(new File([bytes], "pasted.png", { type: "image/png" }));
        const init = { clipboardData, bubbles: true, cancelable: true };
        return element.dispatchEvent(new ClipboardEvent("paste", init));
      }, pasted);
    const pasted = (await png(64, "#445566")).toString("base64");
    expect(await paste("textarea")).toBe(true);
    expect(await statuses(page)).toEqual([]);
    expect(await paste("body")).toBe(false);
    await gallery(page).getByRole("img", { name: "pasted.png" }).waitFor();
    expect(await statuses(page)).toEqual(["published"]);
  });

  test("are not taken while the dropzone is disabled", async ({ open }) => {
    const { page } = await open({ dropzone: { disabled: true } });
    const zone = page.getByRole("region", { name: "Upload pictures" });
    expect(await zone.getAttribute("data-disabled")).toBe("true");
    expect(await page.getByRole("button", { name: "Choose pictures" }).isDisabled()).toBe(true);
    const dataTransfer = await dataTransferOf(page, await png(64, "#112233"));
    await zone.dispatchEvent("drop", { dataTransfer });
    expect(await statuses(page)).toEqual([]);
  });

  test("may be a thousand: the list changes only where one of them does", async ({ open }) => {
    const { page } = await open();
    await throttle(page, 5_000);
    const files = Array.from({ length: 1_000 }, (_, number) => ({
      name: `${number}.png`,
      mimeType: "image/png",
      buffer: Buffer.from(`no picture ${number}`),
    }));
    await page.route("**/uploads", () => {}); // nothing is answered
    await choose(page, files);
    await expect.poll(async () => (await statuses(page)).length, patience).toBe(1_000);
    const changed = await page.evaluate(async () => {
      const rows = new Set<Node>();
      const observer = new MutationObserver((records) => {
        for (const { target } of records) {
          const row = (target as Element).closest?.("[data-status]");
          if (row) rows.add(row);
        }
      });
      const list = document.querySelector("ul[aria-label=Files]")!;
      observer.observe(list, { subtree: true, childList: true, attributes: true });
      document.querySelector<HTMLElement>("[aria-label='Cancel 500.png']")!.click();
      await new Promise((resume) => setTimeout(resume, 300));
      observer.disconnect();
      return rows.size;
    });
    expect(changed).toBe(1);
  }, 60_000);
});

declare global {
  interface Window {
    /** The types of the events of dragging. */
    drags: string[];
  }
}

const alts = (images: Element[]) => images.map((image) => image.getAttribute("alt"));

const dataTransferOf = (page: Page, bytes: Buffer) =>
  page.evaluateHandle((base64) => {
    const dataTransfer = new DataTransfer();
    const content = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    dataTransfer.items.add(new File([content], "dropped.png", { type: "image/png" }));
    return dataTransfer;
  }, bytes.toString("base64"));
