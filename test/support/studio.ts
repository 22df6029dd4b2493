import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import type { Client } from "@keepsake/client/client";
import { embeddedR2 } from "@keepsake/local/embedded/r2";
import { type EmbeddedTelegram, embeddedTelegram } from "@keepsake/local/embedded/telegram";
import { startStudio } from "@keepsake/local/studio";
import type { Settings } from "@keepsake/studio/settings";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { test as base, expect, inject } from "vitest";
import { launchBrowser } from "./browser.ts";
import { type TestStack, testStack } from "./stack.ts";

/** Vitest's `test` with Studio in real Chromium, on a whole system of this file's own. */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads the pattern to learn what a fixture uses.
  .extend("studio", { scope: "file" }, async ({}, { onCleanup }) => {
    const studio = await startEverything();
    onCleanup(studio.stop);
    return studio;
  })
  .extend("person", async ({ studio }, { onCleanup }): Promise<Person> => {
    const name = `Mira ${randomUUID()}`;
    const opened: (() => Promise<void>)[] = [];
    onCleanup(async () => {
      for (const close of opened) await close();
    });
    const open = async (path: string, options?: BrowserContextOptions) => {
      const { page, close } = await openPage(studio, path, name, options);
      opened.push(close);
      return page;
    };
    return { name, client: studio.stack.client(name), open };
  });

export type Studio = {
  origin: string;
  settings: Settings;
  stack: TestStack;
  telegram: EmbeddedTelegram;
  browser: Browser;
  stop(): Promise<void>;
};

/** Somebody nobody else is. */
export type Person = {
  name: string;
  client: Client;
  /** A browser of theirs, signed in, at a path. What the page's policy or its code refuses fails the test. */
  open(path: string, options?: BrowserContextOptions): Promise<Page>;
};

async function startEverything(): Promise<Studio> {
  const directory = await mkdtemp(join(tmpdir(), "keepsake-studio-"));
  const server = await startStudio({ port: 0 });
  const webOrigins = [server.origin];
  const parts = inject("parts");
  const [r2, telegram, browser] = await Promise.all([
    // of its own: the run's shares one list of origins
    embeddedR2({ directory, ports: { s3: 0, cdn: 0 }, credentials: parts.r2, webOrigins }),
    embeddedTelegram({
      port: 0,
      botToken: "1000000001:test-token",
      botName: "keepsake_test_bot",
      webOrigins,
    }),
    launchBrowser(),
  ]);
  const { endpoint, publicUrl } = r2;
  const stack = await testStack({
    parts: { r2: { ...parts.r2, endpoint, publicUrl } },
    webOrigins,
    telegram,
  });
  const settings: Settings = {
    api: stack.api,
    stream: stack.stream,
    cdn: publicUrl,
    uploads: endpoint,
    sign_in: { by: "name" },
    phone: telegram.api,
  };
  await server.serve({ directory: inject("studio"), settings });
  return {
    origin: server.origin,
    settings,
    stack,
    telegram,
    browser,
    async stop() {
      await browser.close();
      await stack.stop();
      await Promise.all([server.stop(), telegram.stop(), r2.stop()]);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function openPage(
  { browser, origin }: Studio,
  path: string,
  name: string,
  options: BrowserContextOptions = {},
) {
  const localStorage = [{ name: "keepsake.name", value: name }];
  const context = await browser.newContext({
    baseURL: origin,
    storageState: { cookies: [], origins: [{ origin, localStorage }] },
    ...options,
  });
  const page = await context.newPage();
  const refused = watch(page);
  await page.goto(path);
  return {
    page,
    async close() {
      await context.close();
      expect(refused).toEqual([]);
    },
  };
}

/** What goes wrong in a page without anybody looking. */
export function watch(page: Page): string[] {
  const refused: string[] = [];
  page.on("pageerror", (error) => refused.push(error.message));
  page.on("console", (message) => {
    if (/Content Security Policy|Trusted ?Type|Warning:/i.test(message.text()))
      refused.push(message.text());
  });
  return refused;
}

/** Axe finds nothing to say about the page as it is now. */
export async function expectAccessible(page: Page) {
  await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)));
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .setLegacyMode()
    .analyze();
  expect(violations.map(({ id, nodes }) => ({ id, at: nodes.map(({ html }) => html) }))).toEqual(
    [],
  );
}
