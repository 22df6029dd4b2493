import * as fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { standIns } from "./plan.ts";
import { type Planned, planned } from "./queryPlan.ts";

/** What a stage would consist of, to be read by a person. */
export function table(app: Planned): string {
  const { stage, protect, removal } = app.app;
  return [
    `keepsake, stage ${stage}${protect ? ", protected" : ""}, ${removal} on removal`,
    section("Routes", routes(app)),
    section("Functions", functions(app)),
    section("Queues", queues(app)),
    section("Clock", clock(app)),
    section("Buckets", buckets(app)),
    section("Studio", studio(app)),
    section("Alarms", alarms(app)),
    section("Links", links(app)),
    section("Resources", resources(app)),
  ].join("\n");
}

function routes({ routes }: Planned) {
  return routes.map((route) => [
    route.routeKey,
    route.authorizationType === "NONE" ? "open" : route.authorizationType,
    route.lambda,
  ]);
}

function functions({ functions }: Planned) {
  return Object.entries(functions).map(([name, { lambda, links, bundle, install }]) => [
    name,
    `${lambda.runtime} ${lambda.architectures}`,
    `${lambda.memorySize} MB`,
    `${lambda.timeout} s`,
    bundle ? [`${Math.round(bundle.bytes / 1_000)} KB`, ...install].join(" + ") : "",
    links.join(", "),
  ]);
}

function queues({ all }: Planned) {
  return all<QueueInputs>("aws:sqs/queue:Queue").map(({ name, inputs }) => {
    const mapping = all<MappingInputs>("aws:lambda/eventSourceMapping:EventSourceMapping").find(
      (found) => found.inputs.eventSourceArn.endsWith(`:${inputs.name}`),
    )?.inputs;
    const redrive = inputs.redrivePolicy && JSON.parse(inputs.redrivePolicy);
    return [
      name.replace(/Queue$/, ""),
      `visible again after ${inputs.visibilityTimeoutSeconds} s`,
      redrive ? `dead after ${redrive.maxReceiveCount} tries` : "",
      inputs.messageRetentionSeconds ? `kept ${inputs.messageRetentionSeconds / 86_400} days` : "",
      mapping
        ? `${mapping.batchSize} a batch, ${mapping.scalingConfig.maximumConcurrency} at once, to ${mapping.functionName.replace(/^.*:/, "")}`
        : "",
    ];
  });
}

function clock({ all }: Planned) {
  return all<ScheduleInputs>("aws:scheduler/schedule:Schedule").map(({ inputs }) => [
    inputs.scheduleExpression,
    inputs.target.arn.replace(/^.*:/, ""),
  ]);
}

function buckets({ all, outputs }: Planned) {
  const addresses = [
    ...all("cloudflare:index/r2CustomDomain:R2CustomDomain"),
    ...all("cloudflare:index/r2ManagedDomain:R2ManagedDomain"),
  ];
  return all("cloudflare:index/r2Bucket:R2Bucket").map(({ inputs, protect }) => {
    const open = addresses.some((address) => address.inputs.bucketName === inputs.name);
    const cors = all<CorsInputs>("cloudflare:index/r2BucketCors:R2BucketCors")
      .filter((found) => found.inputs.bucketName === inputs.name)
      .flatMap((found) => found.inputs.rules)
      .map(({ allowed }) => `${allowed.methods} from ${allowed.origins.join(", ")}`);
    return [
      String(inputs.name),
      open ? String(outputs.images) : "private",
      protect ? "protected" : "",
      cors.join("; "),
    ];
  });
}

function studio({ all, outputs, served }: Planned) {
  const files = all<FilesInputs>("pulumi-nodejs:dynamic:Resource").flatMap(
    ({ inputs }) => inputs.files ?? [],
  );
  const rules = all<HeadersInputs>(
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
  ).flatMap(({ inputs }) =>
    inputs.securityHeadersConfig.contentSecurityPolicy.contentSecurityPolicy.split("; "),
  );
  return [
    ...Object.values(served).map(({ command }) => [String(outputs.studio), command]),
    ...files.map(({ key, cacheControl }) => [`${outputs.studio}/${key}`, cacheControl]),
    ...rules.map((rule) => ["content-security-policy", rule]),
  ];
}

function alarms({ all }: Planned) {
  return all<AlarmInputs>("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => [
    inputs.name,
    `${inputs.metricName} > ${inputs.threshold}`,
    inputs.alarmDescription,
  ]);
}

function links({ links }: Planned) {
  return Object.entries(links)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { type: _, ...properties }]) => [name, Object.keys(properties).join(", ")]);
}

function resources({ resources }: Planned) {
  const made = resources.filter(({ custom }) => custom);
  const byType = Object.entries(Object.groupBy(made, ({ type }) => type));
  return [
    ...byType.sort().map(([type, found]) => [type, String(found?.length)]),
    ["in all", String(made.length)],
  ];
}

function section(title: string, rows: string[][]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths![column]!))
      .join("  ")
      .trimEnd(),
  );
  return [`\n${title}`, ...(lines.length > 0 ? lines : ["none"])].join("\n  ");
}

type QueueInputs = {
  name: string;
  visibilityTimeoutSeconds: number;
  messageRetentionSeconds?: number;
  redrivePolicy?: string;
};
type MappingInputs = {
  batchSize: number;
  eventSourceArn: string;
  functionName: string;
  scalingConfig: { maximumConcurrency: number };
};
type ScheduleInputs = { scheduleExpression: string; target: { arn: string } };
type CorsInputs = {
  bucketName: string;
  rules: { allowed: { methods: string[]; origins: string[] } }[];
};
type FilesInputs = { files?: { key: string; cacheControl: string }[] };
type HeadersInputs = {
  securityHeadersConfig: { contentSecurityPolicy: { contentSecurityPolicy: string } };
};
type AlarmInputs = {
  name: string;
  metricName: string;
  threshold: number;
  alarmDescription: string;
};

if (import.meta.main) {
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
    console.log(table(await planned({ ...values, artifacts }, env)));
    if (examples.length > 0) console.log(`\nNot set, so examples stand in: ${examples.join(", ")}`);
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  } finally {
    fs.rmSync(artifacts, { recursive: true });
  }
}

/** The settings as SST would find them, with examples for those that must be set. Secrets never are real. */
function settings(stage: string) {
  const names = Object.keys(standIns);
  const secrets = names.filter((name) => name.startsWith("SST_SECRET_"));
  const set = names.filter((name) => process.env[name] && !secrets.includes(name));
  const production = names.filter((name) => !secrets.includes(name));
  const needed =
    stage === "production" ? production : ["CLOUDFLARE_DEFAULT_ACCOUNT_ID", "JWT_ISSUER"];
  const examples = needed.filter((name) => !set.includes(name));
  const env: Record<string, string> = {};
  for (const name of [...secrets, ...examples]) env[name] = standIns[name as keyof typeof standIns];
  for (const name of set) env[name] = process.env[name]!;
  return { env, examples };
}
