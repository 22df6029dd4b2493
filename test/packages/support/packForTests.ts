import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Packed, packPackages } from "@keepsake/release/packPackages";
import { onTestFinished } from "vitest";

export const run = promisify(execFile);

/** The tarballs that `npm run pack` makes, in a folder of this test file's own. */
export async function packed(): Promise<{ packages: Packed[]; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "keepsake-packed-"));
  const packages = await packPackages(folder);
  return { packages, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A folder with these packages in its node_modules as npm unpacks them, and nothing else. */
export async function projectWith(...packages: Packed[]): Promise<string> {
  const project = mkdtempSync(join(tmpdir(), "keepsake-project-"));
  onTestFinished(() => rmSync(project, { recursive: true, force: true }));
  for (const { name, tarball } of packages) {
    const folder = join(project, "node_modules", name);
    mkdirSync(folder, { recursive: true });
    await run("tar", ["-xzf", tarball, "-C", folder, "--strip-components=1"]);
  }
  return project;
}
