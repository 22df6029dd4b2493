import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** `npm run bench`: unpacks SST's platform, installs the peers if they are missing, and measures. */
const here = fileURLToPath(new URL(".", import.meta.url));

run(process.execPath, ["../packages/plan/installSst.mjs"]);
if (modifiedAt("node_modules/.package-lock.json") < modifiedAt("package-lock.json"))
  run("npm", ["ci", "--ignore-scripts", "--no-fund", "--no-audit"]);
run(process.execPath, ["main.ts", ...process.argv.slice(2)]);

/** 0 for a file that does not exist. */
function modifiedAt(file) {
  return statSync(here + file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: here, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}
