import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Does a script's work with the links of a deployed stage: `--stage` runs the script again inside
 * `sst shell`, with the AWS credentials of whoever runs it. Without a stage, `elsewhere` is done.
 */
export async function inStage(script, work, elsewhere = missing) {
  const { values, positionals } = parseArgs({
    options: { stage: { type: "string" } },
    allowPositionals: true,
  });
  try {
    if (values.stage) shell(values.stage, script);
    else await (positionals.includes("linked") ? work : elsewhere)();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** Runs one of the project's own commands to its end, and fails as it fails. */
export function run(command, args, env = {}) {
  const { status, error } = spawnSync(path.join(root, "node_modules/.bin", command), args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  if (error) throw error;
  process.exitCode = status ?? 1;
}

function shell(stage, script) {
  const again = ["node", fileURLToPath(script), "linked"];
  run("sst", ["shell", "--stage", stage, ...again], { SST_TELEMETRY_DISABLED: "1" });
}

function missing() {
  throw new Error("Which stage? Name it: -- --stage production");
}
