import { createRequire } from "node:module";
import path from "node:path";

/** The repository. */
export const root = path.resolve(import.meta.dirname, "../..");

/** SST's component sources and the Pulumi packages they use, unpacked by `installSst.mjs`. */
export const platform = path.join(root, ".sst/platform");

/** Loads the same instances of Pulumi's modules as SST's components do. */
export const requireFromPlatform = createRequire(path.join(platform, "package.json"));
