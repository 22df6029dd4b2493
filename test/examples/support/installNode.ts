import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { onTestFinished } from "vitest";

/** The lowest version of a package's `engines`: 20.0.0 of `>=20`. */
export function oldestNode({ engines }: { engines: { node: string } }): string {
  const [, major, minor = 0, patch = 0] =
    /^>=(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(engines.node) ?? [];
  if (major === undefined) throw new Error(`engines.node is not a lowest version: ${engines.node}`);
  return `${major}.${minor}.${patch}`;
}

/** Installs this version of Node from npm until the test ends, and resolves to the path of its program. */
export async function installNode(version: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "keepsake-node-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const name = `node-${process.platform}-${process.arch}`;
  const options = ["--prefix", folder, "--no-audit", "--no-fund", "--prefer-offline"];
  await promisify(execFile)("npm", ["install", ...options, `${name}@${version}`]);
  return join(folder, "node_modules", name, "bin/node");
}
