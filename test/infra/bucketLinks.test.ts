import * as objectKeys from "@keepsake/core/images/objectKeys";
import { expect, test } from "vitest";
import { describeStages } from "./support/stages.ts";

const lifecycle = "cloudflare:index/r2BucketLifecycle:R2BucketLifecycle";

describeStages((stage) => {
  test("web pages may read from the images bucket and not write to it", () => {
    expect(
      stage.plan.one("cloudflare:index/r2BucketCors:R2BucketCors", "ImagesCors").inputs,
    ).toMatchObject({
      bucketName: `keepsake-${stage.name}-images`,
      rules: [{ allowed: { origins: stage.origins, methods: ["GET", "HEAD"] } }],
    });
  });

  test("web pages may write to the incoming bucket, with the headers that a presigned URL signs", () => {
    expect(
      stage.plan.one("cloudflare:index/r2BucketCors:R2BucketCors", "IncomingCors").inputs,
    ).toMatchObject({
      bucketName: `keepsake-${stage.name}-incoming`,
      rules: [
        {
          allowed: {
            origins: stage.origins,
            methods: ["PUT"],
            headers: ["content-type", "x-amz-checksum-sha256", "if-none-match"],
          },
        },
      ],
    });
    expect(stage.plan.all("cloudflare:index/r2BucketCors:R2BucketCors")).toHaveLength(3);
  });

  test("web pages may read private images by presigned URLs, and not write them", () => {
    expect(
      stage.plan.one("cloudflare:index/r2BucketCors:R2BucketCors", "PrivateCors").inputs,
    ).toMatchObject({
      bucketName: `keepsake-${stage.name}-private`,
      rules: [{ allowed: { origins: stage.origins, methods: ["GET", "HEAD"] } }],
    });
  });

  test("only the images bucket is public: in production at the configured host name, elsewhere at r2.dev", () => {
    const domains = stage.plan.all("cloudflare:index/r2CustomDomain:R2CustomDomain");
    const addresses = stage.plan.all("cloudflare:index/r2ManagedDomain:R2ManagedDomain");
    for (const { inputs } of [...domains, ...addresses])
      expect(inputs.bucketName).toBe(`keepsake-${stage.name}-images`);

    expect(domains.map(({ inputs }) => inputs.domain)).toEqual(
      stage.production ? ["images.example.com"] : [],
    );
    // declared in both cases: a stage that gets a host name closes r2.dev
    expect(addresses.map(({ inputs }) => inputs.enabled)).toEqual([!stage.production]);
    expect(stage.plan.outputs.images).toBe(
      stage.production ? "https://images.example.com" : "https://pub-0.r2.dev",
    );
  });

  test("a managed zone sends nosniff with every image, and nothing else changes in it", () => {
    const rulesets = stage.plan.all("cloudflare:index/ruleset:Ruleset");
    expect(rulesets.map(({ inputs }) => inputs)).toEqual(
      stage.production
        ? [
            expect.objectContaining({
              zoneId: "cloudflare-zone",
              kind: "zone",
              phase: "http_response_headers_transform",
              rules: [
                expect.objectContaining({
                  expression: 'http.host eq "images.example.com"',
                  action: "rewrite",
                  actionParameters: {
                    headers: { "x-content-type-options": { operation: "set", value: "nosniff" } },
                  },
                }),
              ],
            }),
          ]
        : [],
    );
  });

  test("what was sent and never completed is kept for 14 days, as long as the messages about it", () => {
    const age = { condition: { type: "Age", maxAge: 14 * 86_400 } };
    expect(stage.plan.one(lifecycle, "IncomingLifecycle").inputs).toMatchObject({
      bucketName: `keepsake-${stage.name}-incoming`,
      rules: [
        {
          enabled: true,
          conditions: { prefix: "" },
          deleteObjectsTransition: age,
          abortMultipartUploadsTransition: age,
        },
      ],
    });
  });

  test("of the private bucket, only zips of exports are removed, after two days, and unfinished uploads after one", () => {
    const { bucketName, rules } = stage.plan.one(lifecycle, "PrivateLifecycle").inputs;
    expect(bucketName).toBe(`keepsake-${stage.name}-private`);
    expect(rules).toEqual([
      {
        id: "exports",
        enabled: true,
        conditions: { prefix: "exports/" },
        deleteObjectsTransition: { condition: { type: "Age", maxAge: 2 * 86_400 } },
      },
      {
        id: "unfinished",
        enabled: true,
        conditions: { prefix: "" },
        abortMultipartUploadsTransition: { condition: { type: "Age", maxAge: 86_400 } },
      },
    ]);
    expect(objectKeys.exportFile("id", 0)).toMatch(/^exports\//);
    expect(stage.plan.all(lifecycle)).toHaveLength(2); // published images are never removed by a rule
  });

  test("production keeps its buckets when the app is removed or no longer declares them, other stages do not", () => {
    expect(stage.plan.app).toMatchObject({
      protect: stage.production,
      removal: stage.production ? "retain" : "remove",
    });
    const buckets = stage.plan.all("cloudflare:index/r2Bucket:R2Bucket");
    expect(buckets.map(({ inputs }) => inputs.name)).toEqual([
      `keepsake-${stage.name}-images`,
      `keepsake-${stage.name}-incoming`,
      `keepsake-${stage.name}-private`,
    ]);
    for (const { protect, retainOnDelete, inputs, ignoreChanges } of buckets) {
      // where R2 places a new bucket; a bucket that exists elsewhere is not replaced
      expect([inputs.location, ignoreChanges]).toEqual(["weur", ["location"]]);
      expect({ protect, retainOnDelete }).toEqual({
        protect: stage.production,
        retainOnDelete: stage.production,
      });
    }
  });
});
