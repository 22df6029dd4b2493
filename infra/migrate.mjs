import { spawnSync } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Resource } from "sst";

/**
 * Brings a database up to date; running it again changes nothing.
 *   DATABASE_URL=postgres://… npm run migrate     any database
 *   npm run migrate -- --stage production         the one that a deployed stage is linked to
 */
const root = fileURLToPath(new URL("..", import.meta.url));
const { values, positionals } = parseArgs({
  options: { stage: { type: "string" } },
  allowPositionals: true,
});

if (values.stage) {
  // with the AWS credentials of whoever runs this, sst shell has the stage's links, and runs this file
  const shell = [
    "shell",
    "--stage",
    values.stage,
    "node",
    fileURLToPath(import.meta.url),
    "linked",
  ];
  run("sst", shell, { SST_TELEMETRY_DISABLED: "1" });
} else {
  const linked = positionals.includes("linked");
  migrate(linked ? Resource.Database.url : process.env.DATABASE_URL);
}

function migrate(databaseUrl) {
  if (!URL.canParse(databaseUrl ?? ""))
    return fail("Which database? Set DATABASE_URL, or name a deployed stage with --stage.");
  run("node", ["packages/local/bin.mjs", "migrate"], { DATABASE_URL: databaseUrl });
}

/** Runs one of the project's own commands to its end, and fails as it fails. */
function run(command, args, env) {
  const { status, error } = spawnSync(path.join(root, "node_modules/.bin", command), args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  if (error) fail(error.message);
  else process.exitCode = status ?? 1;
}

function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
