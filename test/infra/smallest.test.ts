import { exampleSettings, requiredSettings } from "@keepsake/plan/exampleSettings";
import { addedBySettings } from "@keepsake/plan/optionalSettings";
import { planTable } from "@keepsake/plan/planTable";
import { type QueryablePlan, queryPlan } from "@keepsake/plan/queryPlan";
import { beforeAll, describe, expect, test } from "vitest";

const secrets = [
  "SST_SECRET_DatabaseUrl",
  "SST_SECRET_R2AccessKeyId",
  "SST_SECRET_R2SecretAccessKey",
  "SST_SECRET_R2WebAccessKeyId",
  "SST_SECRET_R2WebSecretAccessKey",
  "SST_SECRET_CloudflarePurgeToken",
] as const;

describe("production with the required settings only", () => {
  const env: Record<string, string> = {};
  for (const name of [...requiredSettings, ...secrets]) env[name] = exampleSettings[name];
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
    expect(plan.routes.filter(({ routeKey }) => routeKey.includes("/telegram/"))).toEqual([]);
    expect(Object.keys(plan.functions)).not.toContain("telegramRehost");
  });

  test("says in its text what each other setting would add", () => {
    const text = (rows: string[][]) => rows.map((row) => row.join(": "));
    for (const row of text(addedBySettings(env))) expect(row).toContain(": not set: ");
    expect(text(addedBySettings(exampleSettings))).toContainEqual(
      expect.stringMatching(/^STUDIO_DOMAIN, STUDIO_CLIENT_ID: the web page: CloudFront/),
    );
  });
});
