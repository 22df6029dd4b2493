import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import {
  choose,
  type InputFile,
  patience,
  pictures,
  row,
  statuses,
  test,
  throttle,
} from "./support/reactPage.ts";

const stylesheet = join(import.meta.dirname, "../../packages/client/react/styles.css");

describe("the list of files", () => {
  test("keeps every button in sight at 360 px, beside a long name and on a page that centres its text", async ({
    open,
  }) => {
    const { page } = await open();
    await page.setViewportSize({ width: 360, height: 800 });
    const template = "body { text-align: center; }";
    await page.addStyleTag({ content: readFileSync(stylesheet, "utf8") + template });
    const [small] = await pictures(1);
    const long = { ...small!, name: `${"holiday-by-the-sea-".repeat(4)}1.png` };
    await choose(page, [long, notes, { ...fake, name: long.name.replace("1.png", "2.png") }]);
    await page.getByText("1 file uploaded, 2 files failed").waitFor(patience);
    await throttle(page, 5_000);
    await choose(page, await pictures(2, 200));
    await page.getByRole("progressbar", { name: "Uploading 1.png" }).waitFor();

    expect(await statuses(page)).toHaveLength(5);
    expect(await page.evaluate(layoutOfRows)).toEqual(
      Array(5).fill({ isAsWideAsList: true, buttonsAtEnd: true, nameAtStart: true }),
    );
  }, 60_000);

  test("shows what is unfinished or failed before what is published, each oldest first", async ({
    open,
  }) => {
    const { page } = await open();
    await choose(page, [...(await pictures(3)), notes]);
    await page.getByText("3 files uploaded, 1 file failed").waitFor(patience);
    expect(await statuses(page)).toEqual(["failed", "published", "published", "published"]);
    await throttle(page, 5_000);
    const [slow, other] = await pictures(2, 200);
    await choose(page, [
      { ...slow!, name: "slow.png" },
      { ...other!, name: "other.png" },
    ]);
    await page.getByRole("progressbar", { name: "Uploading other.png" }).waitFor();
    expect(await names(page)).toEqual([
      ...["notes.txt", "slow.png", "other.png"],
      ...["0.png", "1.png", "2.png"],
    ]);
  }, 60_000);

  test("is cleared of what is published or cancelled, and keeps the focus", async ({ open }) => {
    const { page } = await open();
    const clear = page.getByRole("button", { name: "Clear finished" });
    await choose(page, [notes]);
    await row(page, "notes.txt").waitFor();
    expect(await clear.count()).toBe(0);
    await choose(page, await pictures(2));
    await page.getByText("2 files uploaded").waitFor(patience);
    await throttle(page, 5_000);
    const [slow] = await pictures(1, 200);
    await choose(page, [{ ...slow!, name: "slow.png" }]);
    await page.getByRole("button", { name: "Cancel slow.png" }).click();
    await row(page, "slow.png").getByText("Cancelled").waitFor();

    await clear.press("Enter");
    expect(await names(page)).toEqual(["notes.txt"]);
    expect(await clear.count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.ariaLabel)).toBe("Files");
  }, 60_000);

  test("says that a finished file is dismissed, because the picture stays", async ({
    owner,
    open,
  }) => {
    const { page } = await open();
    await choose(page, await pictures(1));
    await page.getByText("1 file uploaded").waitFor(patience);
    await page.getByRole("button", { name: "Dismiss 0.png" }).click();
    expect(await names(page)).toEqual([]);
    expect((await owner.client.listImages()).images).toHaveLength(1);
  });
});

const notes: InputFile = {
  name: "notes.txt",
  mimeType: "text/plain",
  buffer: Buffer.from("words"),
};
const fake: InputFile = { name: "fake.png", mimeType: "image/png", buffer: Buffer.from("<html>") };

const names = (page: Page): Promise<(string | null)[]> =>
  page
    .locator("[data-keepsake=name]")
    .evaluateAll((elements) => elements.map(({ textContent }) => textContent));

/** Of each row: whether it fits the list, and where its buttons and its name are. */
function layoutOfRows() {
  const list = document.querySelector("[data-keepsake=files]")!;
  const right = list.getBoundingClientRect().left + list.clientWidth;
  return [...list.children].map((row) => {
    const name = row.querySelector("[data-keepsake=name]")!;
    const last = [...row.querySelectorAll("button")].at(-1)!;
    return {
      isAsWideAsList: Math.abs(row.getBoundingClientRect().right - right) < 1,
      buttonsAtEnd: Math.abs(last.getBoundingClientRect().right - right) < 1,
      nameAtStart: getComputedStyle(name).textAlign === "start",
    };
  });
}
