import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Unpacks SST's component sources and the Pulumi packages they use into `.sst/platform`, once per
 * version. The types of `tsc -p infra` and the code that the plan runs are in there. It needs no
 * account, and Node 20 is enough: npm runs this file before `check`, `test` and `plan`.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const dotSst = path.join(root, ".sst");
const platform = path.join(dotSst, "platform");
const wanted = version();

removeLeftovers();
if (!isInstalled()) install();

/**
 * Works in a directory of its own and moves the result into place with one rename: runs at the same
 * time each do the work and one result stays, and a killed run leaves what was there before.
 */
function install() {
  console.log("Unpacking SST into .sst (once per version: about 110 MB to load, 340 MB on disk)");
  const started = Date.now();
  fs.mkdirSync(dotSst, { recursive: true });
  const scratch = fs.mkdtempSync(path.join(dotSst, "install-"));
  try {
    fs.copyFileSync(path.join(root, "sst.config.ts"), path.join(scratch, "sst.config.ts"));
    fs.symlinkSync(path.join(root, "infra"), path.join(scratch, "infra")); // SST bundles all of it
    const failure = sstInstall(scratch);
    if (failure) {
      console.error(
        `SST could not be unpacked: ${failure}. This step loads packages from the npm registry, which must be within reach for it; \`npm start\` and \`npm run demo\` work without it. When the registry answers again, run the same command once more.`,
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

/** Runs `sst install` in a directory; answers with what went wrong, if anything did. */
function sstInstall(directory) {
  const sst = path.join(root, "node_modules/sst/bin/sst.mjs");
  const { status, error, stdout, stderr } = spawnSync(
    process.execPath,
    [sst, "install", "--stage", "test", "--print-logs"],
    {
      cwd: directory,
      encoding: "utf8",
      env: {
        HOME: directory, // SST wants one
        ...process.env,
        // without these SST downloads Pulumi and bun for itself
        SST_SKIP_DEPENDENCY_CHECK: "1",
        SST_BUN_PATH: path.join(root, "node_modules/bun/bin/bun.exe"),
        SST_TELEMETRY_DISABLED: "1",
        // or bun keeps 310 MB in the home directory
        BUN_INSTALL_CACHE_DIR: path.join(directory, "cache"),
      },
    },
  );
  if (status === 0) return undefined;
  const said = `${stdout ?? ""}${stderr ?? ""}`;
  return (
    error?.message ?? said.match(/ err="?([^"\n]+)/)?.[1] ?? (said.trim() || "no reason given")
  );
}

function publish(made) {
  fs.writeFileSync(path.join(made, "platform/keepsake"), wanted);
  if (isInstalled()) return; // another run was faster
  fs.renameSync(path.join(made, "provider-lock.json"), path.join(dotSst, "provider-lock.json"));
  // the old one goes into the scratch directory, and with it
  if (fs.existsSync(platform)) fs.renameSync(platform, path.join(made, "old"));
  try {
    fs.renameSync(path.join(made, "platform"), platform);
  } catch (error) {
    if (!isInstalled()) throw error;
  }
}

function isInstalled() {
  try {
    return fs.readFileSync(path.join(platform, "keepsake"), "utf8") === wanted;
  } catch {
    return false;
  }
}

/** What the unpacked tree depends on: SST, the versions that `sst.config.ts` names, the machine. */
function version() {
  const sst = JSON.parse(fs.readFileSync(path.join(root, "node_modules/sst/package.json"), "utf8"));
  const config = fs.readFileSync(path.join(root, "sst.config.ts"), "utf8");
  const named = config.match(/\w+: "\d+\.\d+\.\d+"/g) ?? [];
  return [`sst ${sst.version}`, ...named, `${process.platform}-${process.arch}`].join("\n");
}

/** What a killed run left. An hour is longer than any run takes. */
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
