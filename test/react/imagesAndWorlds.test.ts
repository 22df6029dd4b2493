import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { png } from "../support/images.ts";
import { character } from "../support/pieceDrafts.ts";
import { deliver, type Owner, type TestStack } from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";
import { gallery, patience, test } from "./support/reactPage.ts";

describe("useImages", () => {
  test("loads the images once under StrictMode, and more on demand", async ({ owner, open }) => {
    for (let number = 0; number < 30; number += 1)
      await uploaded(owner, `${number}.png`, `#0010${10 + number}`);
    const { page, requests } = await open();
    const shown = gallery(page).getByRole("img");
    await expect.poll(() => shown.count(), patience).toBe(24);
    expect(requests).toEqual(["GET /images?limit=24"]);
    await page.getByRole("button", { name: "Load more" }).click();
    await expect.poll(() => shown.count(), patience).toBe(30);
    expect(await page.getByRole("button", { name: "Load more" }).count()).toBe(0);
    expect(requests).toHaveLength(2);
  }, 60_000);

  test("shows what was changed or deleted without loading the list again", async ({
    owner,
    open,
  }) => {
    await uploaded(owner, "kept.png", "#001122");
    await uploaded(owner, "gone.png", "#001133");
    const { page, requests } = await open();
    await page.getByRole("button", { name: "Describe kept.png" }).click();
    await page.getByRole("button", { name: "Delete gone.png" }).click();
    await gallery(page).getByRole("img", { name: "Seen kept.png" }).waitFor();
    await expect.poll(() => gallery(page).getByRole("img").count()).toBe(1);
    expect(requests.filter((request) => request.startsWith("GET"))).toHaveLength(1);
    expect((await owner.client.listImages()).images).toMatchObject([{ alt: "Seen kept.png" }]);
  });

  test("keeps the images when a request fails, with its error, until one succeeds", async ({
    stack,
    owner,
    open,
  }) => {
    await uploaded(owner, "kept.png", "#001122");
    const { page } = await open();
    const picture = gallery(page).getByRole("img", { name: "kept.png" });
    await picture.waitFor();
    await page.route(`${stack.api}/images?*`, (route) =>
      route.fulfill({ status: 500, headers: { "access-control-allow-origin": "*" } }),
    );
    await page.getByRole("button", { name: "Refresh" }).click();
    await page.getByRole("alert").waitFor();
    expect(await gallery(page).getAttribute("data-status")).toBe("failed");
    expect(await picture.count()).toBe(1);
    await page.unroute(`${stack.api}/images?*`);
    await page.getByRole("button", { name: "Refresh" }).click();
    await page.getByRole("alert").waitFor({ state: "detached" });
    expect(await gallery(page).getAttribute("data-status")).toBe("ready");
  });

  test("loads again while images are fetched from elsewhere, until they are finished", async ({
    stack,
    owner,
    open,
  }) => {
    const source = { platform: "telegram" as const, file_id: "f", file_unique_id: "u" };
    const { image } = await owner.client.rehostImage({ source });
    const { page, requests } = await open();
    await expect.poll(() => requests.length, patience).toBeGreaterThan(2);
    await stack.sql`
      update images set status = 'rejected', error = 'It is no longer available there'
      where image_id = ${image.image_id}
    `;
    const isRejected = page.getByText("It is no longer available there");
    await isRejected.waitFor();
    const sent = requests.length;
    await sleep(3_500); // longer than the longest wait
    expect(requests.slice(sent)).toEqual([]);
  });
});

describe("useWorld", () => {
  test("shows portraits as they are published, then stops asking, and asks not while its tab is hidden", async ({
    stack,
    owner,
    open,
  }) => {
    const pieces = [await character("Mira"), await character("Oke")];
    const { world } = await owner.client.createWorld({ theme: "norse", title: "North", pieces });
    const { page, requests } = await open({ world_id: world.world_id });
    const portraits = page.getByRole("region", { name: "World" }).getByRole("img");
    await page.getByRole("heading", { name: "North" }).waitFor();
    await publish(stack, owner, world.world_id, 0);
    await expect.poll(() => portraits.count(), patience).toBe(1);

    const answered = Promise.withResolvers<void>();
    let held = 0;
    await page.route("**/worlds/*", async (route) => {
      held += 1;
      await answered.promise;
      await route.continue();
    });
    await expect.poll(() => held, patience).toBe(1);
    await setVisibility(page, "hidden");
    answered.resolve();
    const before = requests.length;
    await publish(stack, owner, world.world_id, 1);
    await sleep(4_000); // longer than the longest wait
    expect(requests.slice(before)).toEqual([]);
    await setVisibility(page, "visible");
    await expect.poll(() => portraits.count(), patience).toBe(2);
    const after = requests.length;
    await sleep(4_000);
    expect(requests.slice(after)).toEqual([]);
  }, 60_000);

  test("loads a world once under StrictMode when no portrait is pending, and again on refresh", async ({
    owner,
    open,
  }) => {
    const piece = { type: "setting" as const, name: "Cliff", description: "Steep.", details: {} };
    const { world } = await owner.client.createWorld({
      theme: "norse",
      title: "North",
      pieces: [piece],
    });
    const { page, requests } = await open({ world_id: world.world_id });
    await page.getByRole("heading", { name: "North" }).waitFor();
    await sleep(500);
    expect(requests).toHaveLength(1);
    await owner.client.updateWorld({ world_id: world.world_id, title: "South" });
    await page.getByRole("button", { name: "Refresh" }).click();
    await page.getByRole("heading", { name: "South" }).waitFor();
    expect(requests).toHaveLength(2);
  });

  test("keeps a world while requests fail, shows the error, and goes on until the portraits are published", async ({
    stack,
    owner,
    open,
  }) => {
    const pieces = [await character("Mira")];
    const { world } = await owner.client.createWorld({ theme: "norse", title: "North", pieces });
    const { page } = await open({ world_id: world.world_id });
    const heading = page.getByRole("heading", { name: "North" });
    await heading.waitFor();
    await page.route(`${stack.api}/worlds/*`, (route) =>
      route.fulfill({ status: 500, headers: { "access-control-allow-origin": "*" } }),
    );
    await page.getByRole("alert").waitFor();
    expect(await heading.count()).toBe(1);
    await page.unroute(`${stack.api}/worlds/*`);
    await page.getByRole("alert").waitFor({ state: "detached" });
    await publish(stack, owner, world.world_id, 0);
    await page.getByRole("region", { name: "World" }).getByRole("img").waitFor();
  }, 60_000);

  test("asks no more when its component is removed", async ({ owner, open }) => {
    const pieces = [await character("Mira")];
    const { world } = await owner.client.createWorld({ theme: "norse", title: "North", pieces });
    const { page, requests } = await open({ world_id: world.world_id });
    await expect.poll(() => requests.length, patience).toBeGreaterThan(1);
    await page.evaluate(() => window.reactPage.unmount());
    const sent = requests.length;
    await sleep(4_000); // longer than the longest wait
    expect(requests.slice(sent)).toEqual([]);
  });

  test("shows no world that was deleted meanwhile, and the error", async ({ owner, open }) => {
    const piece = { type: "setting" as const, name: "Cliff", description: "Steep.", details: {} };
    const { world } = await owner.client.createWorld({
      theme: "norse",
      title: "North",
      pieces: [piece],
    });
    const { page } = await open({ world_id: world.world_id });
    await page.getByRole("heading", { name: "North" }).waitFor();
    await owner.client.deleteWorld({ world_id: world.world_id });
    await page.getByRole("button", { name: "Refresh" }).click();
    await page.getByRole("alert").waitFor();
    expect(await page.getByRole("heading", { name: "North" }).count()).toBe(0);
  });
});

const uploaded = async ({ client }: Owner, name: string, colour: string) =>
  client.upload(fileOf(await png(64, colour), name));

/** Publishes the portrait of one piece, as the worker does. */
async function publish(stack: TestStack, { client }: Owner, world_id: string, index: number) {
  const { world } = await client.getWorld({ world_id });
  const { piece_id } = world.pieces[index]!;
  const [piece] = await stack.sql`
    select portrait_version from lore_pieces where piece_id = ${piece_id}
  `;
  await deliver(stack, "PortraitQueue", [{ piece_id, version: piece!.portrait_version }]);
}

/** A headless browser has no tab to hide. */
const setVisibility = (page: Page, state: "hidden" | "visible") =>
  page.evaluate((state) => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
