import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { buildPackage } from "./buildPackage.ts";
import { publishedPackages } from "./publishedPackages.ts";

export type Packed = { name: string; version: string; folder: string; tarball: string };

/**
 * Builds every package that is published into a folder of its own in `dist`, and packs it there as npm would
 * publish it.
 */
export async function packPackages(dist: string): Promise<Packed[]> {
  mkdirSync(dist, { recursive: true });
  return Promise.all(
    publishedPackages().map(async ({ manifest, folder: sources, publishedFolder }) => {
      const folder = join(dist, basename(publishedFolder));
      await buildPackage({ manifest, sources, folder });
      const args = ["pack", folder, "--pack-destination", dist, "--json"];
      const { stdout } = await promisify(execFile)("npm", args, { cwd: dist });
      const { name, version, filename } = JSON.parse(stdout)[0];
      return { name, version, folder, tarball: join(dist, filename) };
    }),
  );
}
