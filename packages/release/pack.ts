import { rmSync } from "node:fs";
import { join } from "node:path";
import { packPackages } from "./packPackages.ts";
import { root } from "./repositoryRoot.ts";

/** `npm run pack`: `dist/NAME/`, which is published, and `dist/NAME-VERSION.tgz`, which others can install. */
const dist = join(root, "dist");
rmSync(dist, { recursive: true, force: true });
for (const { tarball } of await packPackages(dist)) console.log(tarball);
