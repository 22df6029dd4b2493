import { spawnSync } from "node:child_process";

/**
 * SST installs sharp for Lambda with `npm install --platform=linux`, a flag that npm 12 rejects
 * (`EUNKNOWNCONFIG`, https://github.com/anomalyco/sst/issues/6946), minutes into a deployment. npm 11 is a
 * dependency of this project: `npm run` and `npx` put it first in PATH, and an `sst` installed elsewhere does not.
 */
export function refuseNewerNpm() {
  const { stdout } = spawnSync("npm", ["--version"], { encoding: "utf8" });
  const version = stdout?.trim() ?? "";
  if (Number.parseInt(version, 10) >= 12)
    throw new Error(
      `The npm in PATH is ${version}, with which SST cannot install sharp: deploy with npm run deploy or npx sst, which use this project's npm 11 (docs/deploy.md)`,
    );
}
