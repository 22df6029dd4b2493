import { randomUUID } from "node:crypto";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { sweep, type TestStack } from "../support/stack.ts";
import { expectAccessibleEverywhere, test } from "../support/studio.ts";
import { fileOf } from "../support/uploadRequests.ts";

describe("usage and limits", () => {
  test("are those of the API, with a meter for each limit", async ({ owner, open }) => {
    await owner.client.upload(fileOf(await png(64)));
    const page = await open("/you");
    const usage = page.getByRole("region", { name: "Usage and limits" });
    await usage.getByText("0 of 120 characters this hour").waitFor();
    const { usage: used } = await owner.client.getOwner();
    await usage.getByText(`${used.stored_bytes} bytes, without a limit`).waitFor();
    const images = usage.getByRole("listitem").filter({ hasText: "Images" });
    expect(await images.innerText()).toMatch(/^Images\s+1$/);

    await page.getByRole("link", { name: "Create" }).click();
    await generate(page);
    await page.goto("/you");
    await usage.getByText("1 of 120 characters this hour").waitFor();
    const meter = usage.getByRole("meter", { name: "Generated characters" });
    expect(await meter.evaluate(({ value, max }: HTMLMeterElement) => [value, max])).toEqual([
      1, 120,
    ]);
  });

  test("show an error when they cannot be loaded, and load on the second try", async ({
    open,
    studio,
  }) => {
    const page = await open("/worlds");
    await page.route(`${studio.stack.api}/me`, (route) => route.abort());
    await page.goto("/you");
    const usage = page.getByRole("region", { name: "Usage and limits" });
    await usage.getByRole("alert").getByText("Keepsake does not answer").waitFor();
    await page.unrouteAll();
    await usage.getByRole("button", { name: "Try again" }).click();
    await usage.getByText("of 120 characters this hour").waitFor();
  });
});

describe("receipts", () => {
  test("say what was deleted and what becomes of its files, never that none were removed while they are", async ({
    owner,
    open,
    studio,
  }) => {
    const { image_id } = await owner.client.upload(fileOf(await png(64)));
    const { erasure } = await owner.client.deleteImage({ image_id });
    const page = await open("/you");
    const receipt = receipts(page).getByRole("listitem");
    await receipt.getByRole("heading", { name: "An image" }).waitFor();
    expect(await receipt.innerText()).toContain(erasure.erasure_id);
    await receipt.getByText("within 90 seconds their addresses stop working").waitFor();
    expect(await receipt.getByText(/\b0 (objects|files|bytes)/).count()).toBe(0);
    await receipt.getByText("Not yet: a last check follows 16 minutes after").waitFor();
    expect(await receipt.getByText("CDN").count()).toBe(0);

    // what was promised within 90 seconds is not said minutes later
    const later = await page.context().newPage();
    await later.clock.setSystemTime(Date.now() + 240_000);
    await later.goto("/you");
    await later.getByText("None found yet: what is found later is removed too").waitFor();
    expect(await later.getByText("within 90 seconds").count()).toBe(0);
    await later.close();

    await sweep(studio.stack);
    await page.reload();
    await receipt.getByText(/^1 file, [\d.]+ (bytes|kB) removed so far$/).waitFor();
    await makeFinalRemovalDue(studio.stack, erasure.erasure_id);
    await sweep(studio.stack);
    await page.reload();
    await receipt.getByText(/^2 files, [\d.]+ (bytes|kB) removed$/).waitFor();
    await receipt.getByText("Finished", { exact: true }).first().waitFor();
  });

  test("come in pages", async ({ owner, open, studio }) => {
    const mine = `user:${owner.sub}`;
    const ids = Array.from({ length: 12 }, () => randomUUID());
    await studio.stack.sql`
      insert into erasures (erasure_id, owner_id, done_at)
      select id, ${mine}, now() from unnest(${ids}::uuid[]) id`;
    const page = await open("/you");
    await expect.poll(() => receipts(page).getByRole("listitem").count()).toBeGreaterThan(9);
    await receipts(page).getByRole("listitem").last().scrollIntoViewIfNeeded();
    await expect.poll(() => receipts(page).getByRole("listitem").count()).toBe(12);
    await receipts(page).getByText("Something of yours").first().waitFor();
    await receipts(page).getByText("There were none to remove").first().waitFor();
  });
});

describe("export of everything", () => {
  test("is made, downloaded and removed", async ({ owner, open }) => {
    await owner.client.upload(fileOf(await png(64)));
    const page = await open("/you");
    const exports = page.getByRole("region", { name: "Export everything" });
    await exports.getByText("There is none of the past week.").waitFor();
    await exports.getByRole("button", { name: "Start an export" }).click();
    await exports.getByText("Ready", { exact: true }).waitFor();
    await exports.getByText(/Kept until/).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      exports.getByRole("button", { name: /^Download/ }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/\.zip$/);
    await exports.getByRole("button", { name: /^Delete/ }).click();
    await exports.getByRole("button", { name: /^Download/ }).waitFor({ state: "detached" });
  });

  test("says why it cannot be started, and may be tried again", async ({ open, studio }) => {
    const page = await open("/you");
    await page.route(`${studio.stack.api}/me/exports`, (route) =>
      route.request().method() === "POST" ? route.abort() : route.continue(),
    );
    const exports = page.getByRole("region", { name: "Export everything" });
    await exports.getByText("There is none of the past week.").waitFor();
    await exports.getByRole("button", { name: "Start an export" }).click();
    await exports.getByRole("alert").getByText("Keepsake does not answer").waitFor();
    await exports.getByRole("button", { name: "Start an export" }).waitFor();
  });
});

test("the page passes axe, light and dark, on a phone and a desktop", async ({ owner, open }) => {
  const { image_id } = await owner.client.upload(fileOf(await png(64)));
  await owner.client.deleteImage({ image_id });
  const page = await open("/you");
  await receipts(page).getByRole("listitem").waitFor();
  await page.getByRole("meter").first().waitFor();
  await expectAccessibleEverywhere(page);
  await page.getByRole("button", { name: "Delete everything…" }).click();
  await expectAccessibleEverywhere(page);
});

const receipts = (page: Page) => page.getByRole("region", { name: "Receipts of deletions" });

async function generate(page: Page) {
  await page.getByRole("textbox", { name: "Theme" }).fill("Fantasy");
  await page.getByLabel("How many").selectOption("1");
  await page.getByRole("button", { name: "Generate" }).click();
  await page.getByText("1 character ready").waitFor();
}

/** The last check of an erasure's objects is due 16 minutes after it otherwise. */
async function makeFinalRemovalDue({ sql }: TestStack, erasure_id: string) {
  await sql`update erasure_objects set erase_after = now(), final_after = now()
    where erasure_id = ${erasure_id}`;
}
