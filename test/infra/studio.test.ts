import type { QueryablePlan } from "@keepsake/plan/planLookups";
import { securityHeaders } from "@keepsake/studio/securityHeaders";
import { type Settings, settingsText } from "@keepsake/studio/settings";
import { expect, test } from "vitest";
import { describeStages } from "./support/stages.ts";

describeStages((stage) => {
  test("the page has the addresses of the stage and the settings for sign-in", () => {
    const built = stage.plan.all<Built>("command:local:Command").map(({ inputs }) => inputs);
    const served = Object.values(stage.plan.devCommands);
    expect([built.length, served.length]).toEqual([
      stage.production ? 1 : 0,
      stage.runsLocally ? 1 : 0,
    ]);
    for (const { environment } of [...built, ...served])
      expect(environment).toEqual({ VITE_SETTINGS: settingsText(pageSettings(stage.plan)) });
    for (const { command } of served) expect(command).toBe("npm run studio");
  });

  test("the page is at its own host name in production, and on the developer's machine in sst dev", () => {
    const sites = stage.plan.all<Site>("aws:cloudfront/distribution:Distribution");
    expect(sites.map(({ inputs }) => inputs.aliases)).toEqual(
      stage.production ? [["studio.example.com"]] : [],
    );
    expect(stage.plan.outputs.studio).toBe(
      stage.production
        ? "https://studio.example.com"
        : stage.runsLocally
          ? "http://127.0.0.1:5173"
          : undefined,
    );
    if (!stage.production) return;
    expect(sites[0]!.inputs).toMatchObject({
      viewerCertificate: { minimumProtocolVersion: "TLSv1.2_2021" },
      defaultCacheBehavior: {
        viewerProtocolPolicy: "redirect-to-https",
        allowedMethods: ["GET", "HEAD"],
      },
    });
    const records = stage.plan
      .all("cloudflare:index/dnsRecord:DnsRecord")
      .map(({ inputs }) => inputs);
    expect(records).toContainEqual(
      expect.objectContaining({
        name: "studio.example.com",
        type: "CNAME",
        content: "d0.cloudfront.net",
        zoneId: "cloudflare-zone",
      }),
    );
  });

  test("the page has the same security headers as on a developer's machine, and Strict-Transport-Security", () => {
    const policies = stage.plan.all<Headers>(
      "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
    );
    expect(policies).toHaveLength(stage.production ? 1 : 0);
    for (const { name, inputs } of policies) {
      const { defaultCacheBehavior } = stage.plan.one<Site>(
        "aws:cloudfront/distribution:Distribution",
      ).inputs;
      expect(defaultCacheBehavior.responseHeadersPolicyId).toBe(`${name}-id`);
      expect(responseHeaders(inputs)).toEqual({
        ...securityHeaders(pageSettings(stage.plan)),
        "strict-transport-security": "max-age=31536000",
      });
    }
  });

  test("every path without a file answers with the page, and only files named by their content are cached", () => {
    if (!stage.production) return expect(stage.plan.all("aws:s3/bucket:Bucket")).toEqual([]);
    const { files } = stage.plan.one<{ files: File[] }>(dynamic, uploading).inputs;
    const cached = files.filter(({ cacheControl }) => cacheControl !== "no-cache");
    expect(new Set(cached.map(({ cacheControl }) => cacheControl))).toEqual(
      new Set(["public, max-age=31536000, immutable"]),
    );
    expect(cached.map(({ key }) => key)).toEqual(
      files.map(({ key }) => key).filter((key) => key.startsWith("assets/")),
    );
    expect(files).toContainEqual(
      expect.objectContaining({ key: "index.html", contentType: "text/html;charset=UTF-8" }),
    );
    expect(files.find(({ key }) => key === "manifest.webmanifest")?.contentType).toMatch(
      /^application\/manifest\+json/,
    );
    const { entries } = stage.plan.one<{ entries: { metadata: string } }>(dynamic, routing).inputs;
    expect(JSON.parse(entries.metadata)).toMatchObject({ custom404: "/index.html" });
  });
});

type Built = { environment: Record<string, string> };
type Site = { aliases: string[]; defaultCacheBehavior: Record<string, unknown> };
type File = { key: string; cacheControl: string; contentType: string };
type Headers = {
  securityHeadersConfig: {
    contentSecurityPolicy: { contentSecurityPolicy: string };
    referrerPolicy: { referrerPolicy: string };
    contentTypeOptions: object;
    strictTransportSecurity: { accessControlMaxAgeSec: number };
  };
  customHeadersConfig: { items: { header: string; value: string; override: boolean }[] };
};

const dynamic = "pulumi-nodejs:dynamic:Resource";
const uploading = "StudioAssetFiles.sst.aws.BucketFiles";
const routing = "StudioKvKeys.sst.aws.KvKeys";

/** The settings that the page of a stage should have. */
const pageSettings = ({ outputs }: QueryablePlan): Settings => ({
  api: String(outputs.api),
  stream: String(outputs.stream),
  cdn: String(outputs.images),
  uploads: "https://cloudflare-account.r2.cloudflarestorage.com",
  sweep_minutes: 1,
  sign_in: {
    by: "oidc",
    issuer: "https://issuer.example.com/",
    client_id: "studio-client",
    audience: "keepsake",
    origins: ["https://keys.example.com"],
  },
});

/** The headers that CloudFront sends under a policy. Each must override the origin's. */
function responseHeaders({ securityHeadersConfig: config, customHeadersConfig }: Headers) {
  const { contentSecurityPolicy, referrerPolicy, strictTransportSecurity } = config;
  for (const header of [...Object.values(config), ...customHeadersConfig.items])
    expect(header).toMatchObject({ override: true });
  return {
    "content-security-policy": contentSecurityPolicy.contentSecurityPolicy,
    "referrer-policy": referrerPolicy.referrerPolicy,
    ...(config.contentTypeOptions && { "x-content-type-options": "nosniff" }),
    "strict-transport-security": `max-age=${strictTransportSecurity.accessControlMaxAgeSec}`,
    ...Object.fromEntries(customHeadersConfig.items.map(({ header, value }) => [header, value])),
  };
}
