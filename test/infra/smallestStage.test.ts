import * as fs from "node:fs";
import path from "node:path";
import { exampleSettings } from "@keepsake/plan/exampleSettings";
import { addedBySettings } from "@keepsake/plan/optionalSettings";
import { type QueryablePlan, queryPlan } from "@keepsake/plan/planLookups";
import { planTable } from "@keepsake/plan/planTable";
import { smallestSettings, stagesTable, withStagesTable } from "@keepsake/plan/stagesTable";
import { beforeAll, describe, expect, test } from "vitest";

describe("production with the required settings only", () => {
  const env = smallestSettings;
  let plan: QueryablePlan;
  beforeAll(async () => {
    plan = await queryPlan({ stage: "production" }, env);
  }, 240_000);

  test("has the API, the buckets and the queues", () => {
    expect(plan.outputs.images).toBe("https://images.example.com");
    expect(plan.routes.map(({ routeKey }) => routeKey)).toContain("POST /uploads");
    expect(planTable(plan)).toContain("keepsake-production-images");
  });

  test("has no page, no alarms and no bot, whose webhook would have no secret to check", () => {
    expect(plan.all("aws:cloudfront/distribution:Distribution")).toEqual([]);
    expect(plan.all("aws:acm/certificate:Certificate")).toEqual([]);
    expect(plan.all("aws:cloudwatch/metricAlarm:MetricAlarm")).toEqual([]);
    expect(plan.all("aws:sns/topic:Topic")).toEqual([]);
    expect(Object.keys(plan.functions)).not.toContain("telegramRehost");
    expect(Object.keys(plan.functions)).not.toContain("linkTelegram");
  });

  test("still lists and unlinks the accounts of a bot that it had", () => {
    const telegramRoutes = plan.routes
      .map(({ routeKey }) => routeKey)
      .filter((routeKey) => routeKey.includes("/telegram/"));
    expect(telegramRoutes.sort()).toEqual([
      "DELETE /telegram/accounts/{telegram_id}",
      "GET /telegram/accounts",
    ]);
  });

  test("has no queue of events, and no function that is linked to one", () => {
    expect(Object.keys(plan.functions)).not.toContain("deliverEvents");
    expect(plan.all("aws:sqs/queue:Queue").map(({ name }) => name)).not.toContain(
      "EventQueueQueue",
    );
    for (const { links } of Object.values(plan.functions))
      expect(links).not.toContain("EventQueue");
  });

  test("says in its text what each other setting would add", () => {
    const text = (rows: string[][]) => rows.map((row) => row.join(": "));
    for (const row of text(addedBySettings(env))) expect(row).toContain(": not set: ");
    expect(text(addedBySettings(exampleSettings))).toContainEqual(
      expect.stringMatching(/^STUDIO_DOMAIN, STUDIO_CLIENT_ID: the web page: CloudFront/),
    );
  });

  test("is beside production with every setting in docs/deploy.md: npm run plan-table writes it", async () => {
    const document = path.resolve(import.meta.dirname, "../../docs/deploy.md");
    const text = fs.readFileSync(document, "utf8");
    const fullest = await queryPlan({ stage: "production" }, exampleSettings);
    expect(text).toBe(withStagesTable(text, stagesTable(plan, fullest)));
  }, 240_000);
});

describe("sst dev on a stage that has only what it cannot start without", () => {
  const env = Object.fromEntries(
    Object.entries(smallestSettings).filter(
      ([name]) => !["IMAGES_DOMAIN", "CLOUDFLARE_ZONE_ID"].includes(name),
    ),
  );
  let plan: QueryablePlan;
  beforeAll(async () => {
    plan = await queryPlan({ stage: "ada", dev: true }, env);
  }, 240_000);

  test("needs no domain, no issuer and no purge token, and serves no page", () => {
    expect(plan.devCommands).toEqual({});
    expect(plan.outputs).not.toHaveProperty("studio");
    expect(String(plan.outputs.images)).toMatch(/^https:\/\/pub-\w+\.r2\.dev$/);
  });

  test("runs every function on the developer's machine", () => {
    const local = Object.values(plan.functions).map(({ runsLocally }) => runsLocally);
    expect(new Set(local)).toEqual(new Set([true]));
  });

  test("creates nothing that is billed by the hour", () => {
    for (const type of [
      "aws:cloudfront/distribution:Distribution",
      "aws:cloudwatch/metricAlarm:MetricAlarm",
      "aws:ec2/natGateway:NatGateway",
      "aws:rds/instance:Instance",
      "aws:kms/key:Key",
    ])
      expect([type, plan.all(type)]).toEqual([type, []]);
  });

  test("costs what docs/deploy.md says when it is left alone", () => {
    const { memorySize, timeout } = plan.functions.sweep!.lambda;
    const waitSeconds = 16; // of SST's Lambda for the developer's machine: functions/bridge/bridge.go
    expect(timeout).toBeGreaterThan(waitSeconds);
    const usd = (calls: number, freeGbSeconds = 0) => {
      const used = (memorySize / 1_024) * waitSeconds * calls - freeGbSeconds;
      return (used * 0.0000166667).toFixed(2); // of x86_64, on which sst dev's Lambdas run
    };
    const text = fs.readFileSync(path.resolve(import.meta.dirname, "../../docs/deploy.md"), "utf8");
    expect(text).toContain(`The sweep's has ${memorySize} MB and is called 43,800 times`);
    expect(text).toContain(
      `${usd(43_800)} US dollars a month, or ${usd(43_800, 400_000)} after Lambda's free tier`,
    );
    expect(text).toContain(`\`SWEEP_MINUTES=60\` in \`.env.<stage>\` it is ${usd(730)}`);
  });

  test("lets a page of Vite's own port call the API and send files to the incoming bucket", () => {
    const origins = ["http://localhost:5173", "http://127.0.0.1:5173"];
    const [api] = plan.all<{ corsConfiguration: { allowOrigins: string[] } }>(
      "aws:apigatewayv2/api:Api",
    );
    expect(api?.inputs.corsConfiguration.allowOrigins).toEqual(origins);
    const cors = plan
      .all<{ bucketName: string; rules: { allowed: { origins: string[] } }[] }>(
        "cloudflare:index/r2BucketCors:R2BucketCors",
      )
      .find(({ inputs }) => inputs.bucketName === "keepsake-ada-incoming");
    expect(cors?.inputs.rules.map(({ allowed }) => allowed.origins)).toEqual([origins]);
  });
});
