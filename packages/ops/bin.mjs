import { readFileSync } from "node:fs";
import path from "node:path";
import { linked, parseStage, runInStage } from "./sstShell.mjs";
import "../../node/requireNode.mjs";

/**
 * The operator's tools: `npm run dlq`, `audit`, `doctor`, `backfill`, `costs`, `empty`, `keys`, `migrate`,
 * `setup`, `telegram:webhook`, `webhook`. With `-- --stage production` they use the links of a deployed stage, else those of the
 * local system. The backfill's rows are in the database that it is given; only its images go to the stage.
 */
const commands = {
  dlq: () => import("./deadLetters/command.ts"),
  audit: () => import("./audit/command.ts"),
  doctor: () => import("./doctor/command.ts"),
  backfill: () => import("./backfill/command.ts"),
  empty: () => import("./emptyBuckets/command.ts"),
  keys: () => import("./serviceKeys/command.ts"),
  migrate: () => import("./migrate.ts"),
  telegramWebhook: () => import("./telegramWebhook.ts"),
  costs: () => import("./costs/command.ts"),
  setup: () => import("./setup/command.ts"),
  webhook: () => import("./sendTestEvent.ts"),
};
const withoutLocalLinks = ["empty", "migrate", "telegramWebhook", "costs", "setup"];

const [command, ...args] = process.argv.slice(2);
try {
  // setup names a stage that may not exist yet
  const { stage, rest } = command === "setup" ? { rest: args } : parseStage(args);
  if (stage !== undefined) runInStage(stage, command, rest);
  else if (rest[0] === linked) await run(rest.slice(1), { isLinked: true });
  else {
    if (!withoutLocalLinks.includes(command)) useLocalLinks();
    await run(rest, { isLinked: false });
  }
} catch (error) {
  const isRefused = error.code === "ECONNREFUSED";
  console.error(
    isRefused ? `${error.message}: is it running? The local system: npm start` : error.message,
  );
  process.exitCode = 1;
}

async function run(args, context) {
  const { main } = await commands[command]();
  await main(args, context);
}

function useLocalLinks() {
  process.env.SST_RESOURCES_JSON = readLocalLinks();
  process.env.AWS_REGION ??= "us-east-1";
  if (process.env.SQS_ENDPOINT) return;
  process.env.AWS_ACCESS_KEY_ID = "local"; // the only keys that the embedded SQS accepts
  process.env.AWS_SECRET_ACCESS_KEY = "local";
}

function readLocalLinks() {
  const home = path.resolve(process.env.KEEPSAKE_HOME ?? ".keepsake");
  try {
    return readFileSync(path.join(home, "links.json"), "utf8");
  } catch {
    throw new Error(
      "There is no local system: run npm start first, or name a deployed stage with -- --stage production",
    );
  }
}
