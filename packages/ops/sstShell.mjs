import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bin = fileURLToPath(new URL("bin.mjs", import.meta.url));

/** The arguments without `--stage NAME`, and the name; undefined when no stage is named. */
export function parseStage(args) {
  const at = args.indexOf("--stage");
  if (at < 0) return { stage: undefined, rest: args };
  const stage = args[at + 1];
  if (!stage) throw new Error("Name the stage after --stage, such as --stage production");
  return { stage, rest: args.toSpliced(at, 2) };
}

/**
 * Runs a command again inside `sst shell`, which provides the links of a deployed stage and uses the AWS
 * credentials of this terminal. The exit code becomes that of this process.
 */
export function runInStage(stage, command, args) {
  const { status, error } = spawnSync(
    process.execPath,
    [sstCommand(), ...shellArguments(stage, [bin, command, linked, ...args])],
    { cwd: root, stdio: "inherit", env: { ...process.env, SST_TELEMETRY_DISABLED: "1" } },
  );
  if (error) throw error;
  process.exitCode = status ?? 1;
}

/** The file of the `sst` command, which `npm ci --omit=dev` leaves out. */
export function sstCommand() {
  const file = path.join(root, "node_modules/sst/bin/sst.mjs");
  if (existsSync(file)) return file;
  throw new Error("SST, which reaches deployed stages, is not installed: run npm ci");
}

/**
 * The arguments with which `sst` runs a script of this Node in a stage. Without `--` it takes the script's
 * flags as its own, and prints its usage.
 */
export function shellArguments(stage, script) {
  return ["shell", "--stage", stage, "--", process.execPath, ...script];
}

/** The first argument of a command that already runs inside `sst shell`. */
export const linked = "linked";
