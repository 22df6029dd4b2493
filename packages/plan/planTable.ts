import type { QueryablePlan } from "./planLookups.ts";

/** A plan as text: what a stage would consist of. */
export function planTable(plan: QueryablePlan): string {
  const { stage, protect, removal } = plan.app;
  return [
    `keepsake, stage ${stage}${protect ? ", protected" : ""}, ${removal} on removal`,
    section("Routes", routes(plan)),
    section("Functions", functions(plan)),
    section("Queues", queues(plan)),
    section("Schedules", schedules(plan)),
    section("Buckets", buckets(plan)),
    section("Studio", studio(plan)),
    section("Alarms", alarms(plan)),
    section("Links", links(plan)),
    section("Resources", resources(plan)),
  ].join("\n");
}

function routes({ routes }: QueryablePlan) {
  return routes.map((route) => [
    route.routeKey,
    route.authorizationType === "NONE" ? "open" : route.authorizationType,
    route.lambda,
  ]);
}

function functions({ functions }: QueryablePlan) {
  return Object.entries(functions).map(([name, { lambda, links, bundle, install }]) => [
    name,
    `${lambda.runtime} ${lambda.architectures}`,
    `${lambda.memorySize} MB`,
    `${lambda.timeout} s`,
    bundle ? [`${Math.round(bundle.bytes / 1_000)} KB`, ...install].join(" + ") : "",
    links.join(", "),
  ]);
}

function queues({ all }: QueryablePlan) {
  return all<QueueInputs>("aws:sqs/queue:Queue").map(({ name, inputs }) => {
    const mapping = all<MappingInputs>("aws:lambda/eventSourceMapping:EventSourceMapping").find(
      (mapping) => mapping.inputs.eventSourceArn.endsWith(`:${inputs.name}`),
    )?.inputs;
    const redrive = inputs.redrivePolicy && JSON.parse(inputs.redrivePolicy);
    return [
      name.replace(/Queue$/, ""),
      `visible again after ${inputs.visibilityTimeoutSeconds} s`,
      redrive ? `dead-letter queue after ${redrive.maxReceiveCount} receives` : "",
      inputs.messageRetentionSeconds ? `kept ${inputs.messageRetentionSeconds / 86_400} days` : "",
      mapping
        ? `batches of ${mapping.batchSize}, ${mapping.scalingConfig.maximumConcurrency} concurrent, to ${mapping.functionName.replace(/^.*:/, "")}`
        : "",
    ];
  });
}

function schedules({ all }: QueryablePlan) {
  return all<ScheduleInputs>("aws:scheduler/schedule:Schedule").map(({ inputs }) => [
    inputs.scheduleExpression,
    inputs.target.arn.replace(/^.*:/, ""),
  ]);
}

function buckets({ all, outputs }: QueryablePlan) {
  const addresses = [
    ...all("cloudflare:index/r2CustomDomain:R2CustomDomain"),
    ...all("cloudflare:index/r2ManagedDomain:R2ManagedDomain"),
  ];
  return all("cloudflare:index/r2Bucket:R2Bucket").map(({ inputs, protect }) => {
    const isPublic = addresses.some((address) => address.inputs.bucketName === inputs.name);
    const cors = all<CorsInputs>("cloudflare:index/r2BucketCors:R2BucketCors")
      .filter((cors) => cors.inputs.bucketName === inputs.name)
      .flatMap((cors) => cors.inputs.rules)
      .map(({ allowed }) => `${allowed.methods} from ${allowed.origins.join(", ")}`);
    return [
      String(inputs.name),
      isPublic ? String(outputs.images) : "private",
      protect ? "protected" : "",
      cors.join("; "),
    ];
  });
}

function studio({ all, outputs, devCommands }: QueryablePlan) {
  const files = all<FilesInputs>("pulumi-nodejs:dynamic:Resource").flatMap(
    ({ inputs }) => inputs.files ?? [],
  );
  const rules = all<HeadersInputs>(
    "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
  ).flatMap(({ inputs }) =>
    inputs.securityHeadersConfig.contentSecurityPolicy.contentSecurityPolicy.split("; "),
  );
  return [
    ...Object.values(devCommands).map(({ command }) => [String(outputs.studio), command]),
    ...files.map(({ key, cacheControl }) => [`${outputs.studio}/${key}`, cacheControl]),
    ...rules.map((rule) => ["content-security-policy", rule]),
  ];
}

function alarms({ all }: QueryablePlan) {
  return all<AlarmInputs>("aws:cloudwatch/metricAlarm:MetricAlarm").map(({ inputs }) => [
    inputs.name,
    `${inputs.metricName} > ${inputs.threshold}`,
    inputs.alarmDescription,
  ]);
}

function links({ links }: QueryablePlan) {
  return Object.entries(links)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { type: _, ...properties }]) => [name, Object.keys(properties).join(", ")]);
}

function resources({ resources }: QueryablePlan) {
  const created = resources.filter(({ custom }) => custom);
  const byType = Object.entries(Object.groupBy(created, ({ type }) => type));
  return [
    ...byType.sort().map(([type, group]) => [type, String(group?.length)]),
    ["total", String(created.length)],
  ];
}

/** Rows under a title, in columns. */
export function section(title: string, rows: string[][]): string {
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
