import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { isNewEnough, needed } from "./neededVersion.mjs";

/**
 * `npm ci` runs this last. Where the machine's Node is too old, it puts the one of package-lock.json beside this
 * file into node_modules/.node, and links it in node_modules/.bin, where npm run and npx look first. npm downloads it,
 * with its own cache and registry, and checks its hash. Nothing is kept of it but the binary: 127 of 195 MB.
 */
const here = fileURLToPath(new URL(".", import.meta.url));
const modules = path.join(here, "../node_modules");
const name = `node-${process.platform}-${process.arch}`;
const { optionalDependencies: versions } = readJson(path.join(here, "package.json"));

if (!isNewEnough(process.versions.node)) {
  const problem = versions[name] ? install() : `there is no ${name} to install`;
  if (problem) {
    console.error(
      `${needed}, and this is ${process.version}: install Node 24 yourself, since ${problem}`,
    );
    process.exitCode = 1;
  } else
    console.log(
      `${needed}, and this is ${process.version}: node_modules has Node ${versions[name]} now, and npm run uses it. ` +
        "The warnings EBADENGINE need no action.",
    );
}

/** Works in a folder of its own, and puts what is complete into place with one rename. Returns what went wrong. */
function install() {
  fs.mkdirSync(path.join(modules, ".bin"), { recursive: true });
  const scratch = fs.mkdtempSync(path.join(modules, ".node-"));
  try {
    for (const file of ["package.json", "package-lock.json"])
      fs.copyFileSync(path.join(here, file), path.join(scratch, file));
    if (!npmCi(scratch)) return `npm could not download ${name}@${versions[name]}`;
    const complete = path.join(scratch, "node");
    fs.mkdirSync(complete);
    const installed = path.join(scratch, "node_modules", name);
    fs.renameSync(path.join(installed, "bin/node"), path.join(complete, "node"));
    fs.renameSync(path.join(installed, "LICENSE"), path.join(complete, "LICENSE"));
    const { stdout, error } = spawnSync(path.join(complete, "node"), ["--version"], {
      encoding: "utf8",
    });
    if (stdout?.trim() !== `v${versions[name]}`)
      return `${name}@${versions[name]} does not run here${error ? `: ${error.message}` : ""}`;
    const target = path.join(modules, ".node");
    fs.rmSync(target, { recursive: true, force: true });
    fs.renameSync(complete, target);
    const link = path.join(modules, ".bin/node");
    fs.rmSync(link, { force: true });
    fs.symlinkSync("../.node/node", link);
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

/** With the npm that runs this script, whatever options it was given for the project itself. */
function npmCi(cwd) {
  const options = ["--include=optional", "--ignore-scripts", "--no-audit", "--no-fund"];
  const args = ["ci", ...options, "--loglevel=error", "--workspaces=false", "--global=false"];
  const npm = process.env.npm_execpath;
  const stdio = ["inherit", "ignore", "inherit"];
  const { status } = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd, stdio })
    : spawnSync("npm", args, { cwd, stdio });
  return status === 0 && fs.existsSync(path.join(cwd, "node_modules", name, "bin/node"));
}

function readJson(file) {
  return JSON.parse(fs.readFileSync(file, "utf8"));
}
