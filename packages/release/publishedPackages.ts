import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { root } from "./repositoryRoot.ts";

/** What is used of a workspace's package.json. */
export type Manifest = {
  name: string;
  version: string;
  private?: boolean;
  exports: Record<string, string>;
  peerDependencies?: Record<string, string>;
  publishConfig?: { directory: string };
  [field: string]: unknown;
};

export type PublishedPackage = {
  manifest: Manifest;
  /** Its sources. */
  folder: string;
  /** Where Changesets expects what is published. */
  publishedFolder: string;
};

/** The packages of the workspace that are published: those that are not private. */
export function publishedPackages(): PublishedPackage[] {
  return readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .map((folder) => ({ folder, manifest: readManifest(folder) }))
    .filter(({ manifest }) => manifest.private !== true)
    .map(({ folder, manifest }) => {
      const { directory } = manifest.publishConfig ?? {};
      if (!directory) throw new Error(`${manifest.name} needs publishConfig.directory`);
      return { manifest, folder, publishedFolder: resolve(folder, directory) };
    });
}

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
