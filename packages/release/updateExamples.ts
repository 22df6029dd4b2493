import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publishedPackages } from "./publishedPackages.ts";
import { root } from "./repositoryRoot.ts";

/** Part of `npm run bump`: the examples name the versions that the packages have now. */
const versions = new Map(
  publishedPackages().map(({ manifest }) => [manifest.name, manifest.version]),
);
for (const file of globSync("examples/*/package.json", { cwd: root })) {
  const path = join(root, file);
  const text = readFileSync(path, "utf8").replace(
    /"(@keepsake\/\w+)": "[^"]*"/g,
    (line, name: string) => (versions.has(name) ? `"${name}": "${versions.get(name)}"` : line),
  );
  writeFileSync(path, text);
}
