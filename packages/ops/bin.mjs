import { readFileSync } from "node:fs";
import path from "node:path";
import { inStage } from "./stage.mjs";

/**
 * The operator's tools: `npm run dlq`, `audit`, `doctor`, `backfill`. With `-- --stage production` they
 * work on a deployed stage, with its links, through `sst shell`; else on the system that runs here.
 */
const [command, ...rest] = process.argv.slice(2);
const commands = {
  dlq: () => import("./deadLetters/command.ts"),
  audit: () => import("./audit/command.ts"),
  doctor: () => import("./doctor/command.ts"),
  backfill: () => import("./backfill/command.ts"),
};
const run = async (args) => {
  const { main } = await commands[command]();
  await main(args);
};

// the backfill works on the database it is given; only where images go is the stage's
await inStage({
  script: import.meta.url,
  first: [command],
  args: rest,
  work: run,
  elsewhere(args) {
    process.env.SST_RESOURCES_JSON = localLinks();
    process.env.AWS_REGION ??= "us-east-1";
    process.env.AWS_ACCESS_KEY_ID ??= "local";
    process.env.AWS_SECRET_ACCESS_KEY ??= "local";
    return run(args);
  },
});

function localLinks() {
  const home = path.resolve(process.env.KEEPSAKE_HOME ?? ".keepsake");
  try {
    return readFileSync(path.join(home, "links.json"), "utf8");
  } catch {
    throw new Error("No system runs here: npm start, or name a stage with -- --stage");
  }
}
