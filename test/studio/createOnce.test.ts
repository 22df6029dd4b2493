import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { cardNames, generate, poll, reload, storedDrafts } from "../support/createPage.ts";
import { errorResponse } from "../support/errorResponse.ts";
import type { Owner } from "../support/stack.ts";
import { expectAccessibleEverywhere, test } from "../support/studio.ts";

describe("Create world makes one world", () => {
  test("when the page is reloaded before the answer, and pressed again", async ({
    open,
    owner,
  }) => {
    const page = await open("/");
    await keepOne(page);
    const keys = await loseFirstAnswer(page);
    await pressCreate(page);
    await poll(() => worlds(owner)).toHaveLength(1);
    await reload(page);
    await createButton(page)
      .click({ force: true, timeout: 2_000 })
      .catch(() => {}); // it may be created by then
    await page.getByRole("heading", { name: "Ashfall is created" }).waitFor();
    await page.getByText("1 portrait saved").waitFor();
    expect(await worlds(owner)).toHaveLength(1);
    expect(keys).toEqual([keys[0], keys[0]]);
  });

  test("and its drafts do not come back when the page is reloaded at that moment", async ({
    open,
    owner,
  }) => {
    const page = await open("/");
    await keepOne(page);
    await pressCreate(page);
    await page.getByRole("heading", { name: "Ashfall is created" }).waitFor();
    await reload(page);
    await page.getByText("“Ashfall” is created.").waitFor();
    await expectAccessibleEverywhere(page);
    expect(await page.getByRole("article").count()).toBe(0);
    expect(await storedDrafts(page, owner.sub)).toMatchObject({ drafts: [], title: "" });
    await page.getByRole("link", { name: "Open the world" }).click();
    await page.getByRole("heading", { name: "Ashfall", exact: true }).waitFor();
    expect(await worlds(owner)).toHaveLength(1);
  });

  test("when the answer was lost, and shows it before changes that were made since", async ({
    open,
    owner,
    studio,
  }) => {
    const page = await open("/");
    const name = await keepOne(page);
    await page.route("**/worlds", async (route) => {
      if (route.request().method() !== "POST") return route.fallback();
      await route.fetch();
      await route.fulfill(errorResponse(studio, 500, "server.failed"));
    });
    await pressCreate(page);
    await page.getByRole("alert").getByText("Something went wrong on our side").waitFor();
    await page.unrouteAll();
    await page.getByLabel("Title").fill("Emberfall");
    await pressCreate(page);

    await page.getByText("“Ashfall” was created by your first attempt").waitFor();
    expect(await worlds(owner)).toEqual(["Ashfall"]);
    expect(await cardNames(page)).toEqual([name]);
    expect(await page.getByLabel("Title").inputValue()).toBe("Emberfall");
    await expectAccessibleEverywhere(page);
    await pressCreate(page);
    await page.getByRole("heading", { name: "Emberfall is created" }).waitFor();
    expect(await worlds(owner)).toEqual(["Emberfall", "Ashfall"]);
  });

  test("when the first request was rejected and then corrected", async ({
    open,
    owner,
    studio,
  }) => {
    const page = await open("/");
    await keepOne(page);
    const keys: unknown[] = [];
    await page.route("**/worlds", (route) => {
      if (route.request().method() !== "POST") return route.fallback();
      keys.push(route.request().headers()["idempotency-key"]);
      if (keys.length > 1) return route.fallback();
      return route.fulfill(errorResponse(studio, 422, "input.invalid", "The story is too strange"));
    });
    await pressCreate(page);
    await page.getByText("The story is too strange").waitFor();
    await page.getByLabel("Story").fill("A plain one.");
    await pressCreate(page);
    await page.getByRole("heading", { name: "Ashfall is created" }).waitFor();
    expect(await worlds(owner)).toEqual(["Ashfall"]);
    expect(new Set(keys).size).toBe(2);
  });

  test("when it is pressed in two tabs", async ({ open, owner }) => {
    const page = await open("/");
    await keepOne(page);
    const other = await page.context().newPage();
    await other.goto("/");
    await other.getByRole("button", { name: "Kept" }).waitFor();
    // at the same moment: a click that waits for the button may come after the other tab is done
    await Promise.all([page, other].map((tab) => createButton(tab).evaluate(press)));
    const created = (tab: Page) => tab.getByText("Ashfall").and(tab.locator(":not(textarea)"));
    await created(page).first().waitFor();
    await created(other).first().waitFor();
    await poll(() => worlds(owner)).toEqual(["Ashfall"]);
    await poll(() => storedDrafts(page, owner.sub)).toMatchObject({ drafts: [] });
    expect(await worlds(owner)).toEqual(["Ashfall"]);
  });
});

/** Its name. */
async function keepOne(page: Page): Promise<string> {
  await generate(page, "Norse", 1);
  await page.getByRole("button", { name: "Keep", exact: true }).click();
  await page.getByLabel("Title").fill("Ashfall");
  return (await cardNames(page))[0]!;
}

const createButton = (page: Page) => page.getByRole("button", { name: /^Creat(e world|ing…)$/ });
const press = (button: HTMLElement | SVGElement) => (button as HTMLElement).click();
const pressCreate = (page: Page) => createButton(page).click();

const worlds = async (owner: Owner) =>
  (await owner.client.listWorlds()).worlds.map(({ title }) => title);

/** The first request that creates a world arrives, and its answer does not. The result fills with the keys of all. */
async function loseFirstAnswer(page: Page) {
  const keys: unknown[] = [];
  await page.route("**/worlds", async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    if (keys.push(route.request().headers()["idempotency-key"]) > 1) return route.fallback();
    await route.fetch();
  });
  return keys;
}
