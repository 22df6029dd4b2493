import { createServer } from "node:net";
import { chromium } from "playwright-core";
import { chromiumOptions } from "../../test/support/browser.ts";

/** A browser that is signed in to Studio, with its data in `directory`. Lighthouse connects to its `port`. */
export async function openSignedInBrowser(directory: string, studio: string, name: string) {
  const port = await freePort();
  const { args, ...options } = await chromiumOptions();
  const context = await chromium.launchPersistentContext(directory, {
    ...options,
    args: [...args, `--remote-debugging-port=${port}`],
  });
  const page = await context.newPage();
  await page.goto(studio);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Sections" }).waitFor();
  await page.goto("about:blank");
  return { port, close: () => context.close() };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  await new Promise((closed) => server.close(closed));
  if (address === null || typeof address === "string") throw new Error("There is no free port");
  return address.port;
}
