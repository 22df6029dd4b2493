import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** Launches Chromium: from npm on Linux x64, elsewhere the installed Chrome (`CHROME_PATH` overrides both). */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch(await chromiumOptions());
}

/**
 * Which browser is launched, and with which arguments.
 * @public `npm run lighthouse` uses it too.
 */
export async function chromiumOptions() {
  const executablePath = await chromiumPath();
  const chrome = executablePath === undefined ? { channel: "chrome" } : { executablePath };
  return { ...chrome, args: ["--no-sandbox"] };
}

async function chromiumPath(): Promise<string | undefined> {
  if (process.env.CHROME_PATH) return process.env.CHROME_PATH;
  if (process.platform !== "linux" || process.arch !== "x64") return undefined;

  const home = resolve("node_modules/.cache", `chromium-${version()}`);
  if (!existsSync(home)) await unpack(home);
  return join(home, "chromium");
}

/** Unpacks into a directory of our own: the package would use the shared /tmp, and trust files that it finds there. */
async function unpack(home: string) {
  const fresh = `${home}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  const { TMPDIR } = process.env;
  process.env.TMPDIR = fresh;
  try {
    const { default: packed } = await import("@sparticuz/chromium");
    await packed.executablePath();
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
  try {
    renameSync(fresh, home);
  } catch {
    rmSync(fresh, { recursive: true }); // another process was faster
  }
}

function version(): string {
  const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  const root = entry.slice(0, entry.lastIndexOf("/@sparticuz/chromium/"));
  return JSON.parse(readFileSync(`${root}/@sparticuz/chromium/package.json`, "utf8")).version;
}
