import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import "../../node/requireNode.mjs";

/**
 * Unpacks SST's component sources and the Pulumi packages they use into `.sst/platform`, once per
 * version: the types for `tsc -p infra` and the code that a plan runs. It needs no account. npm runs this
 * file before every script that needs it.
 */
const here = fileURLToPath(new URL(".", import.meta.url));
const root = path.join(here, "../..");
const npm = path.join(root, "node_modules/npm/bin/npm-cli.js");
const dotSst = path.join(root, ".sst");
const platform = path.join(dotSst, "platform");
if (!fs.existsSync(path.join(root, "node_modules/sst"))) {
  console.error(
    "The packages for checks and tests are not installed: run npm ci without --omit=dev",
  );
  process.exit(1);
}
const wantedVersion = version();

const downloadAdvice =
  ". This step downloads packages from the npm registry: check that this machine can reach it, then run the same command again. `npm start` and `npm run demo` work without this step.";

/** What SST and bun print when the registry cannot be reached, or does not send a package. */
const downloadFailures =
  /no such host|dial tcp|i\/o timeout|TLS handshake|x509|ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|Connection(Refused|Closed|Reset)|FailedToOpenSocket|DNSResolve|downloading (package|tarball)|\bGET https?:\S+ - \d{3}/i;

removeLeftovers();
if (!isInstalled()) install();

/**
 * Works in a directory of its own and moves the result into place with one rename. Concurrent runs each
 * do the work and one result stays; a killed run changes nothing.
 */
function install() {
  console.log("Unpacking SST into .sst (once per version: about 150 MB to load, 340 MB on disk)");
  const started = Date.now();
  fs.mkdirSync(dotSst, { recursive: true });
  const scratch = fs.mkdtempSync(path.join(dotSst, "install-"));
  try {
    fs.copyFileSync(path.join(root, "sst.config.ts"), path.join(scratch, "sst.config.ts"));
    fs.symlinkSync(path.join(root, "infra"), path.join(scratch, "infra")); // SST bundles all of it
    const failure = sstInstall(scratch);
    if (failure) {
      console.error(
        `SST could not be unpacked: ${failure.reason}${failure.isDownload ? downloadAdvice : ""}`,
      );
      process.exitCode = 1;
      return;
    }
    publish(path.join(scratch, ".sst"));
    console.log(`SST unpacked in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

/** Runs `sst install` in a directory. Returns why it failed, or undefined. */
function sstInstall(directory) {
  const bun = path.join(directory, "bun");
  fs.cpSync(path.join(here, "bun"), bun, { recursive: true });
  const sst = [path.join(root, "node_modules/sst/bin/sst.mjs"), "install", "--stage", "test"];
  return (
    failureOf([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], bun, {}) ??
    failureOf([...sst, "--print-logs"], directory, {
      HOME: process.env.HOME ?? directory, // SST needs one
      // without these SST downloads its own Pulumi and bun
      SST_SKIP_DEPENDENCY_CHECK: "1",
      SST_BUN_PATH: path.join(bun, "node_modules/bun/bin/bun.exe"),
      SST_TELEMETRY_DISABLED: "1",
      // otherwise bun keeps 310 MB in the home directory
      BUN_INSTALL_CACHE_DIR: path.join(directory, "cache"),
    })
  );
}

function failureOf(command, cwd, env) {
  const { status, error, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd,
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  if (status === 0) return undefined;
  const output = `${stdout ?? ""}${stderr ?? ""}`;
  const reason =
    error?.message ?? output.match(/ err="?([^"\n]+)/)?.[1] ?? (output.trim() || "no reason given");
  return { reason, isDownload: downloadFailures.test(output) };
}

function publish(installed) {
  fs.writeFileSync(path.join(installed, "platform/keepsake"), wantedVersion);
  if (isInstalled()) return; // another run finished first
  fs.renameSync(
    path.join(installed, "provider-lock.json"),
    path.join(dotSst, "provider-lock.json"),
  );
  // move the old one into the scratch directory, which is removed
  if (fs.existsSync(platform)) fs.renameSync(platform, path.join(installed, "old"));
  try {
    fs.renameSync(path.join(installed, "platform"), platform);
  } catch (error) {
    if (!isInstalled()) throw error;
  }
}

function isInstalled() {
  try {
    return fs.readFileSync(path.join(platform, "keepsake"), "utf8") === wantedVersion;
  } catch {
    return false;
  }
}

/** All that the unpacked files depend on: SST, the versions in `sst.config.ts`, the platform. */
function version() {
  const sst = JSON.parse(fs.readFileSync(path.join(root, "node_modules/sst/package.json"), "utf8"));
  const config = fs.readFileSync(path.join(root, "sst.config.ts"), "utf8");
  const providers = config.match(/\w+: "\d+\.\d+\.\d+"/g) ?? [];
  return [`sst ${sst.version}`, ...providers, `${process.platform}-${process.arch}`].join("\n");
}

/** Removes the directories of killed runs: those older than an hour, which no run takes. */
function removeLeftovers() {
  if (!fs.existsSync(dotSst)) return;
  for (const name of fs.readdirSync(dotSst).filter((entry) => entry.startsWith("install-"))) {
    const directory = path.join(dotSst, name);
    const { mtimeMs } = fs.statSync(directory, { throwIfNoEntry: false }) ?? {
      mtimeMs: Date.now(),
    };
    if (mtimeMs < Date.now() - 3_600_000) fs.rmSync(directory, { recursive: true, force: true });
  }
}
