import { execFileSync } from "node:child_process";
import { openapi } from "@keepsake/contract/openapi/document";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { testWithoutConsumers as test } from "../support/stack.ts";
import { expectAccessible } from "../support/studio.ts";

let browser: Browser;
beforeAll(async () => {
  execFileSync(process.execPath, ["functions/reference/installScalarViewer.mjs", "--required"]);
  browser = await launchBrowser();
}, 60_000);
afterAll(() => browser?.close());

/** Rules of axe that Scalar 1.46.4 breaks: its roles, and buttons and lists without a name or a focus. */
const brokenByScalar = [
  "aria-allowed-attr",
  "aria-allowed-role",
  "aria-required-children",
  "button-name",
  "label-content-name-mismatch",
  "landmark-unique",
  "scrollable-region-focusable",
];

/** A page, with what it asked of other origins and what it or its policy reported. */
async function open(url: string, options: BrowserContextOptions = {}) {
  const page = await (await browser.newContext(options)).newPage();
  const problems: string[] = [];
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== new URL(url).origin && protocol !== "data:")
      problems.push(`request to ${request.url()}`);
  });
  page.on("pageerror", (error) => problems.push(`${error}`));
  page.on("console", (message) => {
    if (message.type() === "error" || /content security policy/i.test(message.text()))
      problems.push(message.text());
  });
  page.setDefaultTimeout(15_000);
  await page.goto(url);
  return { page, problems };
}

const { paths, webhooks } = openapi() as unknown as Record<
  "paths" | "webhooks",
  Record<string, Record<string, { summary?: string }>>
>;
const summaries = [paths, webhooks].flatMap((items) =>
  Object.values(items).flatMap((methods) =>
    Object.values(methods).flatMap(({ summary }) => summary ?? []),
  ),
);

describe("the page /docs in a browser", () => {
  test("shows every operation and every event, without another origin, an error or a forbidden act", {
    timeout: 60_000,
  }, async ({ stack }) => {
    const { page, problems } = await open(`${stack.api}/docs`);
    await page.getByRole("heading", { name: "Keepsake", level: 1 }).waitFor();
    await openGroups(page);
    const navigation = await page.getByRole("navigation").first().innerText();
    expect(summaries.length).toBeGreaterThan(30);
    expect(summaries.filter((summary) => !navigation.includes(summary))).toEqual([]);
    await page.context().close();
    expect(problems).toEqual([]);
  });

  test("sends an operation that its reader tries to this API, and shows the answer", {
    timeout: 60_000,
  }, async ({ stack }) => {
    const { page, problems } = await open(`${stack.api}/docs#tag/system/GET/health`);
    await page
      .getByRole("button", { name: /Test Request.*health/i })
      .first()
      .click();
    const answered = page.waitForResponse((response) => response.url().includes("/health"));
    await page.getByRole("button", { name: /^Send/ }).first().click();
    expect((await answered).status()).toBe(200);
    await page.context().close();
    expect(problems).toEqual([]);
  });

  test("passes axe in light and dark, but for what Scalar's own elements break", {
    timeout: 90_000,
  }, async ({ stack }) => {
    for (const colorScheme of ["light", "dark"] as const) {
      const { page } = await open(`${stack.api}/docs`, { colorScheme });
      await page.getByRole("button", { name: "Show all images endpoints" }).waitFor();
      await expectAccessible(page, { except: brokenByScalar });
      await page.context().close();
    }
  });

  test("links to a page of every error, which passes axe and has an anchor for each code", {
    timeout: 60_000,
  }, async ({ stack }) => {
    const { page, problems } = await open(`${stack.api}/docs`);
    await page.getByRole("link", { name: "Every error code and what to do" }).click();
    await page.waitForURL("**/docs/errors");
    await page.goto(`${stack.api}/docs/errors#image.damaged`);
    await page.locator("tr:target").waitFor();
    expect(await page.locator("tr:target").innerText()).toContain("damaged or cut off");
    await expectAccessible(page);
    await page.context().close();
    expect(problems).toEqual([]);
  });
});

/** Opens the groups of operations, which the page draws as they are opened. */
async function openGroups(page: Page) {
  const closed = page.getByRole("navigation").first().getByRole("button", { name: "Open Group" });
  await closed.first().waitFor();
  for (let count = await closed.count(); count > 0; count = await closed.count())
    await closed.first().click();
}
