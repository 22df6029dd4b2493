import { parseArgs } from "node:util";
import { createSession, type Mode, type Session } from "./askQuestions.ts";
import {
  aiProvider,
  alarms,
  bot,
  events,
  issuerAndPage,
  portraitProvider,
} from "./optionalSteps.ts";
import { openPrompts } from "./prompts.ts";
import { aws, cloudflare, database, imagesDomain, r2Keys } from "./requiredSteps.ts";

/**
 * `npm run setup -- --stage NAME`: asks for what a stage needs, checks each answer by using it, and saves
 * settings in `.env.<stage>` and secrets with `sst secret set`.
 *   --check           only checks the settings and secrets that are already set
 *   --yes             no questions: settings and SST_SECRET_<Name> from the environment, and what is there
 *   --migrate         with --yes: applies pending migrations
 */
export async function main(args: string[]) {
  const { stage, mode, migrates } = readOptions(args);
  const prompts = openPrompts(process.stdin, process.stdout);
  const session = createSession(stage, mode, prompts);
  try {
    await runSteps(session, migrates);
    report(session);
  } catch (error) {
    throw new Error(session.conceal((error as Error).message));
  } finally {
    prompts.close();
  }
}

async function runSteps(session: Session, migrates: boolean) {
  await aws(session);
  await cloudflare(session);
  await imagesDomain(session);
  await database(session, { migrates });
  await r2Keys(session);
  await issuerAndPage(session);
  await bot(session);
  await aiProvider(session);
  await portraitProvider(session);
  await events(session);
  await alarms(session);
  // without questions everything is saved, or nothing
  if (session.problems.length === 0) await session.finish();
}

function report({ problems, mode, stage, say }: Session) {
  if (problems.length > 0) {
    say(`\nProblems to fix: ${problems.length}`);
    for (const problem of problems) say(`- ${problem}`);
    process.exitCode = 1;
    return;
  }
  if (mode === "check") return say("\nNo problems found.");
  say(
    [
      `\nSaved in .env.${stage} and in SST's secrets. Next:`,
      `  npm run plan -- --stage ${stage}     what the stage consists of`,
      `  npx sst diff --stage ${stage}        what the deployment would change`,
      `  npm run deploy -- --stage ${stage}`,
    ].join("\n"),
  );
}

function readOptions(args: string[]): { stage: string; mode: Mode; migrates: boolean } {
  const { values } = parseArgs({
    args,
    options: {
      stage: { type: "string", default: "" },
      check: { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
      migrate: { type: "boolean", default: false },
    },
  });
  const { stage, check, yes, migrate } = values;
  if (!/^[a-zA-Z0-9-]{1,36}$/.test(stage))
    throw new Error(
      "Name the stage: npm run setup -- --stage production (letters, digits and hyphens, at most 36)",
    );
  if (check && yes) throw new Error("--check changes nothing and --yes saves: choose one");
  const mode = check ? "check" : yes ? "yes" : "ask";
  return { stage, mode, migrates: mode === "ask" || migrate };
}
