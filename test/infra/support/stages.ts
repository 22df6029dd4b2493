import * as fs from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { computePlan, type Plan } from "@keepsake/plan/computePlan";
import { exampleSettings } from "@keepsake/plan/exampleSettings";
import { type QueryablePlan, withLookups } from "@keepsake/plan/planLookups";
import { beforeAll, describe, inject } from "vitest";

const localOrigins = ["http://localhost:5173", "http://127.0.0.1:5173"];
const {
  IMAGES_DOMAIN: _,
  STUDIO_DOMAIN: __,
  CLOUDFLARE_ZONE_ID: ___,
  ALARM_EMAIL: ____,
  STREAM_CONCURRENCY: _____,
  BUDGET_USD: ______,
  ...withoutDomain
} = exampleSettings;

/** `sst deploy --stage production`, `sst deploy --stage dev`, and `sst dev` on a developer's stage. */
const stages = {
  production: {
    options: { stage: "production" },
    env: exampleSettings,
    origins: ["https://studio.example.com", "https://app.example.com"],
    sweepMinutes: 1,
    limits: {},
  },
  dev: {
    options: { stage: "dev" },
    env: {
      ...withoutDomain,
      SWEEP_MINUTES: "5",
      API_REQUESTS_PER_SECOND: "200",
      QUEUE_CONCURRENCY: "20",
    },
    sweepMinutes: 5,
    limits: { apiRequestsPerSecond: 200, queueConcurrency: 20 },
    origins: ["https://app.example.com", ...localOrigins],
  },
  "sst dev": {
    options: { stage: "ada", dev: true },
    env: { ...withoutDomain, WEB_ORIGINS: "" },
    origins: localOrigins,
    sweepMinutes: 1,
    limits: {},
  },
};

export type Stage = {
  name: string;
  production: boolean;
  /** Whether the functions run on the developer's machine, in `sst dev`. */
  runsLocally: boolean;
  /** The web origins that may call the API. */
  origins: string[];
  sweepMinutes: number;
  /** API_REQUESTS_PER_SECOND and QUEUE_CONCURRENCY, where they are set. */
  limits: { apiRequestsPerSecond?: number; queueConcurrency?: number };
  /** Available inside of tests. */
  plan: QueryablePlan;
};

/** Declares tests once for every stage. */
export function describeStages(declareTests: (stage: Stage) => void) {
  describe.each(Object.entries(stages))("in %s", (key, { options, env, ...settings }) => {
    const stage: Stage = {
      name: options.stage,
      production: key === "production",
      runsLocally: key === "sst dev",
      ...settings,
      get plan(): QueryablePlan {
        throw new Error("The plan is available in tests only");
      },
    };
    beforeAll(async () => {
      const plan = withLookups(await sharedPlan(options, env));
      Object.defineProperty(stage, "plan", { value: plan });
    }, 240_000); // a busy machine computes all three slowly
    declareTests(stage);
  });
}

/**
 * A plan takes seconds, so the test files of a run share one per stage: the first file that needs it
 * computes it into the directory of the run, the others wait for the result.
 */
async function sharedPlan(options: { stage: string }, env: Record<string, string>): Promise<Plan> {
  if (process.env.VITEST_MODE === "WATCH") return computePlan(options, env); // the code may change
  const plans = path.join(path.dirname(inject("studio")), "plans");
  fs.mkdirSync(plans, { recursive: true });
  const file = path.join(plans, `${options.stage}.json`);
  if (isFirst(file)) {
    const result = await computePlan(options, env).then(
      (plan) => ({ plan }),
      ({ message }) => ({ message }),
    );
    fs.writeFileSync(`${file}.part`, JSON.stringify(result));
    fs.renameSync(`${file}.part`, file);
  }
  while (!fs.existsSync(file)) await setTimeout(100);
  const { plan, message } = JSON.parse(fs.readFileSync(file, "utf8"));
  if (!plan) throw new Error(message);
  return plan;
}

function isFirst(file: string) {
  try {
    fs.mkdirSync(`${file}.lock`);
    return true;
  } catch {
    return false;
  }
}
