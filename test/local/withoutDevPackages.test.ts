import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { importsOf, root } from "../structure/importGraph.ts";
import { startSystem } from "../support/npmStart.ts";

type Locked = { dev?: boolean; link?: boolean };
const { packages: locked }: { packages: Record<string, Locked> } = JSON.parse(
  readFileSync(join(root, "package-lock.json"), "utf8"),
);
/** What `npm ci --omit=dev` leaves out. */
const isDev = (path: string) => locked[path]?.dev === true;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "keepsake-without-dev-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("npm ci --omit=dev && npm start", () => {
  test("installs every package that the sources of npm start and of the operator's tools load", () => {
    const entries = ["packages/local/bin.mjs", "packages/ops/bin.mjs", "packages/studio/main.ts"];
    const loaded = loadedFrom([...entries, "packages/studio/vite.config.ts"]);
    expect(loaded.size).toBeGreaterThan(20);
    expect(loaded).toContain("node_modules/vite"); // builds Studio
    expect([...loaded].filter((path) => !locked[path] || isDev(path))).toEqual([]);
  });

  test("starts everything, where the packages for tests and checks do not exist", async () => {
    installWithoutDev(folder);
    const hidden = Object.keys(locked).filter(
      (path) => isDev(path) && existsSync(join(root, path)),
    );
    expect(hidden).toContain("node_modules/vitest");
    expect(hidden.filter((path) => existsSync(join(folder, path)))).toEqual([]);
    const system = await startSystem({ cwd: folder, home: join(folder, ".keepsake") });
    try {
      expect((await fetch(`${system.api}/health`)).status).toBe(200);
      const page = await fetch(system.studio);
      const [, script] = /<script[^>]* src="([^"]+)"/.exec(await page.text()) ?? [];
      expect((await fetch(new URL(script!, system.studio))).status).toBe(200);
      const demo = execFileSync("npm", ["run", "demo"], { cwd: folder, encoding: "utf8" });
      expect(demo).toContain(`The API is ${system.api}`);
      expect(demo).toContain("The bot replied with a permanent URL: 200");
      const doctor = spawnSync("npm", ["run", "doctor", "--", "--stage", "production"], {
        cwd: folder,
        encoding: "utf8",
      });
      expect(doctor.stderr).toContain(
        "SST, which reaches deployed stages, is not installed: run npm ci",
      );
    } finally {
      await system.stop();
    }
  }, 90_000);
});

/**
 * The packages of npm that these files and everything they import load, at once or when they are called: the
 * path of each in package-lock.json.
 */
function loadedFrom(entries: string[]): Set<string> {
  const files = new Set(entries);
  const packages = new Set<string>();
  for (const file of files) {
    if (!/\.(tsx?|[cm]js)$/.test(file)) continue;
    const text = readFileSync(join(root, file), "utf8");
    const resolved = [
      ...text.matchAll(
        /(?:\brequire|\brequire\.resolve|createRequire\([\w.]+\)\.resolve)\("([^"./][^"]*)"/g,
      ),
    ];
    const specifiers = resolved.map(([, specifier = ""]) => specifier);
    for (const { specifier, target, kind } of importsOf(file)) {
      if (kind === "type") continue;
      if (target === undefined) specifiers.push(specifier);
      else files.add(target);
    }
    for (const specifier of specifiers.filter((each) => !/^(node:|@keepsake\/)/.test(each)))
      packages.add(lockedPath(file, /^(@[^/]+\/)?[^/]+/.exec(specifier)![0]));
  }
  return packages;
}

/** A package may be in the node_modules of the workspace that loads it, or in the root's. */
function lockedPath(file: string, name: string) {
  const [workspace = ""] = /^(packages\/)?[^/]+/.exec(file) ?? [];
  const own = `${workspace}/node_modules/${name}`;
  return own in locked ? own : `node_modules/${name}`;
}

/**
 * Makes the folder a checkout after `npm ci --omit=dev`, of what is installed here. Files are hard links: symbolic
 * ones would lead back to a folder where the other packages exist.
 */
function installWithoutDev(folder: string) {
  const filter = (path: string) => !path.endsWith("/node_modules");
  for (const name of ["package.json", "tsconfig.json", "packages", "functions", "node"])
    cpSync(join(root, name), join(folder, name), { recursive: true, filter });
  const installed = Object.keys(locked).filter(
    (path) => path.includes("node_modules/") && !isDev(path) && existsSync(join(root, path)),
  );
  for (const path of installed.sort()) {
    const to = join(folder, path);
    mkdirSync(dirname(to), { recursive: true });
    if (locked[path]!.link) symlinkSync(readlinkSync(join(root, path)), to);
    else if (!existsSync(to)) linkFiles(realpathSync(join(root, path)), to);
  }
  for (const path of Object.keys(locked).filter(isDev))
    rmSync(join(folder, path), { recursive: true, force: true });
  const node = join(root, "node_modules/.node"); // where the machine's Node is too old
  if (existsSync(node)) linkFiles(realpathSync(node), join(folder, "node_modules/.node"));
  const commands = join(root, "node_modules/.bin");
  mkdirSync(join(folder, "node_modules/.bin"));
  for (const name of readdirSync(realpathSync(commands))) {
    const target = readlinkSync(join(commands, name));
    const link = join(folder, "node_modules/.bin", name);
    if (existsSync(join(dirname(link), target))) symlinkSync(target, link);
  }
}

function linkFiles(from: string, to: string) {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkFiles(source, target);
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else linkFile(source, target);
  }
}

function linkFile(from: string, to: string) {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to); // on another file system
  }
}
