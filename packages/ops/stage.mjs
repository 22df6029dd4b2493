import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Does a script's work with the links of a deployed stage: `--stage` runs the script again inside
 * `sst shell`, with the AWS credentials of whoever runs it. Without a stage, `elsewhere` is done. Both
 * get the other arguments; what they throw is told in one line.
 */
export async function inStage({ script, first = [], args, work, elsewhere = missing }) {
  const at = args.indexOf("--stage");
  const isInside = args[0] === "linked";
  try {
    if (at >= 0) {
      const [, stage = ""] = args.splice(at, 2);
      const again = ["node", fileURLToPath(script), ...first, "linked", ...args];
      run("sst", ["shell", "--stage", stage, ...again], { SST_TELEMETRY_DISABLED: "1" });
    } else if (isInside) await work(args.slice(1));
    else await elsewhere(args);
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

function missing() {
  throw new Error("Which stage? Name it: -- --stage production");
}
