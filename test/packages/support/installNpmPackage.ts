import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../structure/importGraph.ts";
import { run } from "./packForTests.ts";

/** Installs a package from the npm registry once, into a cache of the repository. Returns its folder. */
export async function npmPackage(name: string, version: string): Promise<string> {
  const cache = join(root, "node_modules/.cache/keepsake");
  const folder = join(cache, `${name}-${version}`);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const scratch = mkdtempSync(join(cache, "install-"));
    const options = [
      "--no-save",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--prefer-offline",
    ];
    await run("npm", ["install", `${name}@${version}`, "--prefix", scratch, ...options]);
    try {
      renameSync(scratch, folder);
    } catch {
      rmSync(scratch, { recursive: true, force: true }); // another process was faster
    }
  }
  return join(folder, "node_modules", name);
}
