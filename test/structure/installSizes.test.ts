import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./importGraph.ts";

type Locked = { dev?: boolean; link?: boolean };
const { packages }: { packages: Record<string, Locked> } = JSON.parse(
  readFileSync(join(root, "package-lock.json"), "utf8"),
);

/** Without the Node that npm ci adds where the machine's is too old (127 MB): node/installNode.mjs. */
test.each([
  ["npm ci", 900, () => true],
  ["npm ci --omit=dev", 500, ({ dev }: Locked) => !dev],
])("%s installs at most %i MB", (command, limit, isInstalled) => {
  const counted = new Set<number>();
  const sizes = Object.entries(packages)
    .filter(
      ([path, locked]) => path.includes("node_modules/") && !locked.link && isInstalled(locked),
    )
    .filter(([path]) => existsSync(join(root, path))) // others are for other platforms
    .map(([path]) => ({ path, bytes: bytesOnDisk(realpathSync(join(root, path)), counted) }));
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
  const largest = sizes
    .toSorted((one, other) => other.bytes - one.bytes)
    .slice(0, 15)
    .map(({ path, bytes }) => `${(bytes / 1e6).toFixed(0)} MB ${path}`);
  expect(total).toBeGreaterThan(200);
  expect(total, `What ${command} installs has grown:\n${largest.join("\n")}`).toBeLessThan(limit);
});

/**
 * What a package's own files take, in whole blocks as `du` counts them, without the packages inside it. A file that
 * is another one's hard link, as installers make of a binary, is counted once.
 */
function bytesOnDisk(folder: string, counted: Set<number>): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      bytes += entry.name === "node_modules" ? 0 : bytesOnDisk(path, counted);
    if (!entry.isFile()) continue;
    const { ino, blocks } = statSync(path);
    if (!counted.has(ino)) bytes += blocks * 512;
    counted.add(ino);
  }
  return bytes;
}
