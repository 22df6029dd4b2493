import type { Page } from "playwright-core";
import { describe, expect } from "vitest";
import { expectAccessible, test } from "../support/studio.ts";

describe("signing out", () => {
  test("in one tab ends the session in the others at once", async ({ owner, open }) => {
    const page = await open("/worlds");
    const other = await page.context().newPage();
    await other.goto("/images");
    await other.getByRole("heading", { name: "Images", level: 1 }).waitFor();
    await signOut(page, owner.sub);
    await page.getByLabel("Your name").waitFor();
    await other.getByLabel("Your name").waitFor();
    expect(await other.getByText("Your session ended").count()).toBe(0);
  });

  test("ends the session of a tab that the browser had frozen, once it is shown again", async ({
    open,
  }) => {
    const page = await open("/worlds");
    await page.evaluate(() => {
      localStorage.setItem("keepsake.signed_out", "by a tab whose event did not arrive");
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await page.getByLabel("Your name").waitFor();
  });

  test("asks first when this browser has what is not saved, and deletes it then", async ({
    owner,
    open,
  }) => {
    const page = await open("/");
    await generate(page);
    const texts = await textsOfDialogs(page);
    await signOut(page, owner.sub);
    const dialog = page.getByRole("dialog", { name: "Sign out?" });
    await dialog.getByText("only this browser has: unsaved characters.").waitFor();
    // another text first would have moved its buttons under a finger
    expect(await texts()).toEqual([expect.stringContaining("only this browser has")]);
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Stay signed in" }).click();
    await page.getByRole("article").waitFor();
    await signOut(page, owner.sub);
    await dialog.getByRole("button", { name: "Sign out anyway" }).click();
    await page.getByLabel("Your name").fill(owner.sub);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Who lives in your world?" }).waitFor();
    expect(await page.getByRole("article").count()).toBe(0);
  });
});

describe("a session that ends by itself", () => {
  test("says so with what waits in this browser, and goes on where it was", async ({
    owner,
    open,
    studio,
  }) => {
    const page = await open("/");
    await generate(page);
    await page.getByRole("link", { name: "Worlds" }).click();
    await page.getByText("No worlds yet").waitFor();
    await refuseTokens(page, studio);
    await page.goto("/images?q=cat");
    await page.getByText("Your session ended. Sign in again.").waitFor();
    await page.getByText("this browser still has unsaved characters.").waitFor();
    expect(await page.getByLabel("Your name").inputValue()).toBe(owner.sub);

    await page.unrouteAll();
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Images", level: 1 }).waitFor();
    expect(new URL(page.url()).search).toBe("?q=cat");
    await page.getByRole("link", { name: "Create" }).click();
    await page.getByRole("article").waitFor();
  });

  test("starts at the first page for another person", async ({ open, studio }) => {
    const page = await open("/telegram");
    await refuseTokens(page, studio);
    await page.goto("/worlds/0199aa00-0000-7000-8000-000000000000");
    await page.getByText("Your session ended").waitFor();
    await page.unrouteAll();
    await page.getByLabel("Your name").fill("another person");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Who lives in your world?" }).waitFor();
  });

  test("is not noticed when the page's server gives another token, after a restart", async ({
    open,
    studio,
  }) => {
    const page = await open("/");
    await page.route(
      `${studio.stack.api}/worlds**`,
      (route) => route.fulfill(refusal(studio.origin)),
      { times: 1 },
    );
    await page.getByRole("navigation").getByRole("link", { name: "Worlds" }).click();
    await page.getByText("No worlds yet").waitFor();
  });
});

test("a person who signs in again after signing out stays signed in", async ({ owner, open }) => {
  const page = await open("/worlds");
  await signOut(page, owner.sub);
  await page.getByLabel("Your name").fill(owner.sub);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText("No worlds yet").waitFor();
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await page.reload();
  await page.getByText("No worlds yet").waitFor();
});

async function signOut(page: Page, name: string) {
  await page.getByRole("button", { name }).click();
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
}

/** Records each text that a dialog shows from now on. */
async function textsOfDialogs(page: Page) {
  const texts = await page.evaluateHandle(() => {
    const seen = new Set<string>();
    new MutationObserver(() => {
      for (const { textContent } of document.querySelectorAll("dialog p[role=status]"))
        seen.add(textContent ?? "");
    }).observe(document, { subtree: true, childList: true, characterData: true });
    return seen;
  });
  return () => texts.evaluate((seen) => [...seen]);
}

/** Generates one character, which is not saved. */
async function generate(page: Page) {
  await page.getByRole("textbox", { name: "Theme" }).fill("Fantasy");
  await page.getByLabel("How many").selectOption("1");
  await page.getByRole("button", { name: "Generate" }).click();
  await page.getByText("1 character ready").waitFor();
  await expect
    .poll(() => storedKeys(page))
    .toContainEqual(expect.stringContaining("create page of"));
}

/** What this browser stores in its database. */
const storedKeys = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<string[]>((resolve, reject) => {
        const opening = indexedDB.open("keyval-store");
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const reading = opening.result.transaction("keyval").objectStore("keyval").getAllKeys();
          reading.onerror = () => reject(reading.error);
          reading.onsuccess = () => {
            opening.result.close();
            resolve(reading.result.map(String));
          };
        };
      }),
  );

/** Every token is refused from now on. */
const refuseTokens = (page: Page, { stack, origin }: { stack: { api: string }; origin: string }) =>
  page.route(`${stack.api}/**`, (route) => route.fulfill(refusal(origin)));

const refusal = (origin: string) => ({
  status: 401,
  headers: { "access-control-allow-origin": origin },
  json: { message: "Unauthorized" },
});
