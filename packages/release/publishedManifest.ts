import type { Entry } from "./packageEntries.ts";
import type { Manifest } from "./publishedPackages.ts";

/** Fields of a workspace's package.json that are published as they are. */
const kept = [
  "name",
  "version",
  "description",
  "keywords",
  "license",
  "type",
  "sideEffects",
  "engines",
  "peerDependencies",
  "peerDependenciesMeta",
];

/** The package.json to publish: built files in `exports`, no dependencies and no scripts. */
export function publishedManifest(manifest: Manifest, entries: Entry[]) {
  return {
    ...Object.fromEntries(kept.filter((key) => key in manifest).map((key) => [key, manifest[key]])),
    exports: {
      ...Object.fromEntries(entries.map((entry) => [entry.path, conditions(entry)])),
      "./package.json": "./package.json",
    },
    // npm asks for it: packages of a scope are private otherwise
    publishConfig: { access: "public" },
  };
}

const conditions = ({ name, built, isCode }: Entry) =>
  isCode ? { types: `./${name}.d.ts`, default: `./${built}` } : `./${built}`;
