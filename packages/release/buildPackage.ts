import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "tsdown";
import { entriesOf } from "./packageEntries.ts";
import { publishedManifest } from "./publishedManifest.ts";
import type { Manifest } from "./publishedPackages.ts";
import { root } from "./repositoryRoot.ts";

type Build = { manifest: Manifest; sources: string; folder: string };

/**
 * Builds a package into a folder: an ESM file and its types per entry, the package.json to publish, and the
 * texts. What it imports of the workspace and its own dependencies is bundled; the build fails when anything
 * else than a peer dependency is left.
 */
export async function buildPackage({ manifest, sources, folder }: Build): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const entries = entriesOf(sources, manifest);
  const peers = Object.keys(manifest.peerDependencies ?? {});
  await build({
    config: false,
    cwd: sources,
    entry: Object.fromEntries(
      entries.filter(({ isCode }) => isCode).map(({ name, source }) => [name, source]),
    ),
    outDir: folder,
    format: "esm",
    platform: "neutral",
    target: "es2022",
    fixedExtension: false,
    hash: false,
    outputOptions: { minifyInternalExports: false },
    tsconfig: join(root, "tsconfig.json"),
    dts: { generator: "oxc" },
    deps: {
      neverBundle: peers.map((peer) => new RegExp(`^${peer}(/|$)`)),
      alwaysBundle: [/.*/],
      onlyImport: peers,
      onlyBundle: false,
    },
    logLevel: "warn",
    suppressWarnings: [/MODULE_LEVEL_DIRECTIVE/], // "use client" stays the first line of its entry
    failOnWarn: true,
  });
  for (const { source, built } of entries.filter(({ isCode }) => !isCode))
    copyFileSync(join(sources, source), join(folder, built));
  writeTexts(sources, folder);
  const text = JSON.stringify(publishedManifest(manifest, entries), null, 2);
  writeFileSync(join(folder, "package.json"), `${text}\n`);
}

function writeTexts(sources: string, folder: string) {
  for (const name of ["README.md", "CHANGELOG.md"])
    if (existsSync(join(sources, name))) copyFileSync(join(sources, name), join(folder, name));
  const own = join(sources, "LICENSE");
  copyFileSync(existsSync(own) ? own : join(root, "LICENSE"), join(folder, "LICENSE"));
}
