import crypto from "node:crypto";
import { exampleSettings } from "@keepsake/plan/exampleSettings";
import { type QueryablePlan, queryPlan } from "@keepsake/plan/planLookups";
import { beforeAll, describe, expect, test } from "vitest";

const read = { id: "6a018a9f2fc74eb6b293b0c548f38b39" };
const write = { id: "2efd5506f9c8494dacb1fa10a3e7d5b6" };

describe("with R2_KEYS=made and R2_JURISDICTION=eu", () => {
  let plan: QueryablePlan;
  beforeAll(async () => {
    const secrets = Object.keys(exampleSettings).filter((name) => name.startsWith("SST_SECRET_R2"));
    const env: Record<string, string> = {
      ...exampleSettings,
      R2_KEYS: "made",
      R2_JURISDICTION: "eu",
      DEPLOY_REGION: "us-east-1",
      R2_LOCATION: "enam",
    };
    for (const name of secrets) delete env[name];
    plan = await queryPlan({ stage: "production" }, env);
  }, 240_000);

  test("the deployment makes one token per pair of keys, of the account and not of a person", () => {
    const tokens = plan.all<Token>("cloudflare:index/accountToken:AccountToken");
    const bucket = (name: string) =>
      `com.cloudflare.edge.r2.bucket.cloudflare-account_eu_keepsake-production-${name}`;
    const policies = tokens.map(({ inputs }) => [
      inputs.name,
      inputs.policies.map(({ effect, permissionGroups, resources }) => ({
        effect,
        permissionGroups,
        buckets: JSON.parse(resources),
      })),
    ]);
    const all = { [bucket("images")]: "*", [bucket("incoming")]: "*", [bucket("private")]: "*" };
    expect(Object.fromEntries(policies)).toEqual({
      "keepsake-production store": [
        { effect: "allow", permissionGroups: [write, read], buckets: all },
      ],
      "keepsake-production web": [
        {
          effect: "allow",
          permissionGroups: [write, read],
          buckets: { [bucket("incoming")]: "*" },
        },
        { effect: "allow", permissionGroups: [read], buckets: { [bucket("private")]: "*" } },
      ],
    });
  });

  test("no value of a token, nor its hash, is in a property that is not marked as secret", () => {
    const text = JSON.stringify(plan);
    for (const name of ["store", "web"]) {
      const value = `value of keepsake-production ${name}`;
      expect(text).not.toContain(value);
      expect(text).not.toContain(crypto.createHash("sha256").update(value).digest("hex"));
    }
  });

  test("every resource of a bucket is in the jurisdiction, and browsers are sent to its endpoint", () => {
    const types = [
      "R2Bucket",
      "R2BucketCors",
      "R2BucketLifecycle",
      "R2CustomDomain",
      "R2ManagedDomain",
    ];
    const resources = types.flatMap((type) =>
      plan.all(`cloudflare:index/${type[0]!.toLowerCase()}${type.slice(1)}:${type}`),
    );
    expect(resources.length).toBeGreaterThan(8);
    for (const { name, inputs } of resources)
      expect([name, inputs.jurisdiction, inputs.location]).toEqual([name, "eu", undefined]);
    const policy = JSON.stringify(
      plan.all("aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"),
    );
    expect(policy).toContain("https://cloudflare-account.eu.r2.cloudflarestorage.com");
  });
});

type Token = {
  name: string;
  policies: { effect: string; permissionGroups: { id: string }[]; resources: string }[];
};
