import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** `npm run bench`: installs the peers when they are missing, unpacks SST's platform, and measures. */
const here = fileURLToPath(new URL(".", import.meta.url));

run(process.execPath, ["../packages/plan/installSst.mjs"]);
if (writtenAt("node_modules/.package-lock.json") < writtenAt("package-lock.json"))
  run("npm", ["ci", "--ignore-scripts", "--no-fund", "--no-audit"]);
run(process.execPath, ["main.ts", ...process.argv.slice(2)]);

/** 0 for a file that is not there. */
function writtenAt(file) {
  return statSync(here + file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: here, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
