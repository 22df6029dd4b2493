import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rehostHosts } from "@keepsake/contract/rehostHosts";
import { startStudio } from "@keepsake/local/aws/cloudFront";
import { embeddedImageHosts } from "@keepsake/local/embedded/imageHosts/embeddedImageHosts";
import { providers } from "@keepsake/local/embedded/imageHosts/providerUrls";
import { embeddedR2 } from "@keepsake/local/embedded/r2/embeddedR2";
import { newR2Keys, r2KeyPairs } from "@keepsake/local/r2Keys";
import type { BrowserContextOptions, Page } from "playwright-core";
import { test as base, expect, inject } from "vitest";
import { launchBrowser } from "./browser.ts";
import { faultyTelegram } from "./faultyTelegram.ts";
import { jumpTo } from "./jumps.ts";
import { startOidcProvider } from "./oidcProvider.ts";
import { type Owner, testStack } from "./stack.ts";

type OpenOptions = BrowserContextOptions & {
  /** The signed-in subject; the test's `owner` by default, signed out when null. */
  sub?: string | null;
};

/**
 * Vitest's `test` with Studio in a real browser, on a whole system for each test file. `owner` is new in
 * each test; `open` opens a page in a browser context of its own, signed in as that owner. A test fails
 * when one of its pages throws, or does what its policy forbids.
 */
export const test = withStudio({ issuer: false });

/** The same with sign-in at a real OpenID Connect issuer. */
export const testWithIssuer = withStudio({ issuer: true });

type StudioOptions = { issuer: boolean };

function withStudio(options: StudioOptions) {
  return (
    base
      // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the pattern to learn what a fixture uses.
      .extend("studio", { scope: "file" }, async ({}, { onCleanup }) => {
        const studio = await testStudio(options);
        onCleanup(() => studio.stop());
        return studio;
      })
      .extend("owner", ({ studio }): Owner => {
        const sub = randomUUID();
        return { sub, client: studio.stack.client(sub) };
      })
      .extend("open", ({ studio, owner }, { onCleanup }) => {
        const problems: string[] = [];
        const closes: (() => Promise<void>)[] = [];
        onCleanup(async () => {
          await Promise.all(closes.map((close) => close()));
          expect(problems).toEqual([]);
        });

        return async (
          path: string,
          { sub = owner.sub, ...options }: OpenOptions = {},
        ): Promise<Page> => {
          const { origin, browser } = studio;
          const localStorage = sub === null ? [] : [{ name: "keepsake.name", value: sub }];
          const context = await browser.newContext({
            baseURL: origin,
            storageState: { cookies: [], origins: [{ origin, localStorage }] },
            ...options,
          });
          context.setDefaultTimeout(30_000);
          await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });
          const page = await context.newPage();
          closes.push(async () => {
            // a route handler that continues a request after its page has closed would throw
            if (!page.isClosed())
              await page.unrouteAll({ behavior: "ignoreErrors" }).catch((error) => {
                if (!page.isClosed()) throw error; // it closed meanwhile
              });
            await context.close();
          });
          page.on("pageerror", (error) => problems.push(`${error}`));
          page.on("console", (message) => {
            if (/content security policy|trusted ?type/i.test(message.text()))
              problems.push(message.text());
          });
          await page.goto(path);
          await page.getByRole("heading", { level: 1 }).waitFor();
          return page;
        };
      })
  );
}

async function testStudio({ issuer }: StudioOptions) {
  await using started = new AsyncDisposableStack(); // stops what has started when the rest fails to
  const stopAtEnd = async <Server extends { stop(): unknown }>(starting: Promise<Server>) => {
    const server = await starting;
    started.defer(async () => void (await server.stop()));
    return server;
  };
  const directory = await mkdtemp(join(tmpdir(), "keepsake-studio-"));
  started.defer(() => rm(directory, { recursive: true, force: true }));
  const studio = await stopAtEnd(startStudio({ port: 0 }));
  const webOrigins = [studio.origin];
  const keys = newR2Keys();
  const pairs = r2KeyPairs(keys);
  const bot = { botToken: "7000:studio", botName: "keepsake_test_bot" };
  // its own R2: a bucket's CORS rules name the origins that may use it
  const [r2, telegram, oidc, imageHosts] = await Promise.all([
    stopAtEnd(embeddedR2({ directory, ports: { s3: 0, cdn: 0 }, pairs, webOrigins })),
    stopAtEnd(faultyTelegram({ port: 0, webOrigins, ...bot })),
    issuer ? stopAtEnd(startOidcProvider({ redirectUris: [`${studio.origin}/`] })) : undefined,
    stopAtEnd(embeddedImageHosts({ port: 0 })),
  ]);
  const { endpoint, publicUrl } = r2;
  const buckets = { imagesBucket: "images", incomingBucket: "incoming", privateBucket: "private" };
  const backends = {
    r2: { endpoint, publicUrl, copies: true, ...keys.store, web: keys.web, ...buckets },
  };
  const auth = { issuer: oidc?.issuer ?? "", audience: "keepsake" };
  const stack = await stopAtEnd(
    testStack({
      ...{ backends, webOrigins, telegram, ...(oidc && { auth }) },
      rehostHosts: {
        hosts: [...rehostHosts(undefined), providers.sample.host],
        standIns: imageHosts.standIns(["sample"]),
      },
    }),
  );
  const browser = await launchBrowser();
  started.defer(() => browser.close());
  await studio.serve({
    directory: inject("studio"),
    serviceKey: stack.serviceKey,
    settings: {
      api: stack.api,
      stream: stack.stream,
      cdn: publicUrl,
      uploads: new URL(endpoint).origin,
      sweep_minutes: 1,
      sign_in: oidc
        ? { by: "oidc", ...auth, client_id: oidc.clientId, origins: [] }
        : { by: "name" },
      phone: telegram.api,
    },
  });
  const everything = started.move();
  return {
    origin: studio.origin,
    stack,
    telegram,
    /** What answers for the host of generated pictures. */
    imageHosts,
    browser,
    /** The issuer; undefined with sign-in by name. */
    oidc,
    /** The origin of presigned URLs. */
    uploads: new URL(endpoint).origin,
    stop: () => everything.disposeAsync(),
  };
}

/**
 * Fails when axe finds a violation of WCAG 2.2 AA or its best practices in the page as it is now. `except` names the
 * rules of axe that another project's part of the page breaks.
 */
export async function expectAccessible(page: Page, { except = [] as string[] } = {}) {
  await page.emulateMedia({ reducedMotion: "reduce" }); // during an animation the contrast differs
  // once a page: the runner of axe would send these 600 kB every time
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource);
  const restore = await showWholePage(page);
  const disabled = Object.fromEntries(except.map((rule) => [rule, { enabled: false }]));
  const options = { runOnly: rules, rules: disabled };
  const violations = await page.evaluate(async (options) => {
    for (const animation of document.getAnimations()) animation.finish(); // throws if it has no end
    const { violations } = await (window as unknown as { axe: Axe }).axe.run(options);
    return violations.map(({ id, help, nodes }) => ({
      rule: `${id}: ${help}`,
      at: nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`),
    }));
  }, options);
  await restore();
  expect(violations).toEqual([]);
}

/**
 * Makes the viewport as high as the page. Otherwise the bars at its top and bottom may cover half of a
 * control, depending on how far the page happens to be scrolled, and axe would call the control too small.
 */
async function showWholePage(page: Page) {
  const { width, height } = page.viewportSize()!;
  const [scrolled, wholeHeight] = await page.evaluate(() => [
    window.scrollY,
    document.documentElement.scrollHeight,
  ]);
  await page.setViewportSize({ width, height: Math.max(height, wholeHeight!) });
  return async () => {
    await page.setViewportSize({ width, height });
    await jumpTo(page, scrolled!);
  };
}

const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** The same in light and dark, at 360 and 1,280 px; fails too when an element is cut off at the sides. */
export async function expectAccessibleEverywhere(page: Page) {
  for (const width of [360, 1_280]) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await expectAccessible(page);
    }
    expect(await cutOff(page), `cut off at ${width} px`).toEqual([]);
  }
}

/** The elements that reach beyond the sides of the viewport, whether or not it scrolls there. */
const cutOff = (page: Page) =>
  page.evaluate(() =>
    Array.from(document.querySelectorAll("body *"))
      .filter((element) => {
        const { left, right, width } = element.getBoundingClientRect();
        return width > 1 && (left < -1 || right > document.documentElement.clientWidth + 1);
      })
      .map(({ outerHTML }) => outerHTML.slice(0, 120)),
  );

type Axe = { run(options: { runOnly: string[] }): Promise<{ violations: Violation[] }> };
type Violation = {
  id: string;
  help: string;
  nodes: { target: unknown[]; failureSummary?: string }[];
};

const { resolve } = createRequire(import.meta.url);
const axeSource = readFileSync(resolve("axe-core/axe.min.js"), "utf8");
