import * as fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { exampleSecrets, exampleSettings, requiredSettings } from "./exampleSettings.ts";
import { addedBySettings } from "./optionalSettings.ts";
import { queryPlan } from "./planLookups.ts";
import { planTable, section } from "./planTable.ts";

/** `npm run plan`: prints what a stage would consist of. */
const { values } = parseArgs({
  options: {
    stage: { type: "string", default: "dev" },
    dev: { type: "boolean", default: false },
  },
});
for (const file of [`.env.${values.stage}`, ".env"])
  if (fs.existsSync(file)) process.loadEnvFile(file);

const artifacts = fs.mkdtempSync(path.join(os.tmpdir(), "keepsake-artifacts-"));
try {
  const { env, examples } = settings(values.stage);
  console.log(planTable(await queryPlan({ ...values, artifacts }, env)));
  console.log(section("Added by settings", addedBySettings(env)));
  if (examples.length > 0)
    console.log(`\nNot set, so the plan uses examples for: ${examples.join(", ")}`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  fs.rmSync(artifacts, { recursive: true });
}

/**
 * The settings as SST would find them, with examples for required ones that are not set. Secrets are
 * always examples.
 */
function settings(stage: string) {
  const names = Object.keys(exampleSettings) as (keyof typeof exampleSettings)[];
  const settings = names.filter((name) => !exampleSecrets.includes(name));
  const set = settings.filter((name) => process.env[name]);
  const required: typeof names =
    stage === "production" ? requiredSettings : ["CLOUDFLARE_DEFAULT_ACCOUNT_ID"];
  const examples = required.filter((name) => !set.includes(name));
  const env: Record<string, string> = {};
  for (const name of [...exampleSecrets, ...examples]) env[name] = exampleSettings[name];
  for (const name of set) env[name] = process.env[name]!;
  return { env, examples };
}
