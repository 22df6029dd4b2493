import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import "../node/requireNode.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));

/** Unpacks SST's platform, and installs what only measurements need if it is missing. */
export function installPeers() {
  run(process.execPath, ["../packages/plan/installSst.mjs"]);
  if (modifiedAt("node_modules/.package-lock.json") < modifiedAt("package-lock.json"))
    run("npm", ["ci", "--ignore-scripts", "--no-fund", "--no-audit"]);
}

/** Runs a command in this folder. When it fails, this process ends with its exit code. */
export function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: here, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

/** 0 for a file that does not exist. */
function modifiedAt(file) {
  return statSync(here + file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
