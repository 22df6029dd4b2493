import { execFile } from "node:child_process";
import * as fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { type QueueName, queues } from "@keepsake/contract/queues";
import { type Route, routes } from "@keepsake/contract/routes";
import { schedules } from "@keepsake/contract/schedules";
import { streams } from "@keepsake/contract/streams";
import { exampleSettings } from "@keepsake/plan/exampleSettings";
import { planTable } from "@keepsake/plan/planTable";
import { type QueryablePlan, queryPlan } from "@keepsake/plan/queryPlan";
import { linkTypesFile, linkTypesText } from "@keepsake/plan/writeLinkTypes";
import { securityHeaders } from "@keepsake/studio/headers";
import { type Settings, settingsText } from "@keepsake/studio/settings";
import { beforeAll, describe, expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "../..");
const local = ["http://localhost:5173", "http://127.0.0.1:5173"];
const {
  IMAGES_DOMAIN: _,
  STUDIO_DOMAIN: __,
  CLOUDFLARE_ZONE_ID: ___,
  ALARM_EMAIL: ____,
  ...withoutDomain
} = exampleSettings;

/** `sst deploy --stage production`, `sst deploy --stage dev`, and `sst dev` on a developer's stage. */
const stages = {
  production: {
    options: { stage: "production" },
    env: exampleSettings,
    origins: ["https://studio.example.com", "https://app.example.com"],
  },
  dev: {
    options: { stage: "dev" },
    env: withoutDomain,
    origins: ["https://app.example.com", ...local],
  },
  "sst dev": {
    options: { stage: "ada", dev: true },
    env: { ...withoutDomain, WEB_ORIGINS: "" },
    origins: local,
  },
};

/** All at once, each in its own process. */
const plans = Object.fromEntries(
  Object.entries(stages).map(([name, { options, env }]) => [name, queryPlan(options, env)]),
);

/** What may be done with a queue by who sends to it, and by who consumes it. */
const send = ["sqs:SendMessage"];
const consume = [
  "sqs:ChangeMessageVisibility",
  "sqs:DeleteMessage",
  "sqs:GetQueueAttributes",
  "sqs:GetQueueUrl",
  "sqs:ReceiveMessage",
];
const sends = (...names: QueueName[]) => names.flatMap((name) => send.map((a) => `${a} ${name}`));
const consumes = (name: QueueName) => consume.map((action) => `${action} ${name}`);

/** What each function may touch: its links, and what it may do in AWS. Everything else is refused. */
const privileges: Record<string, { links: string[]; actions: string[] }> = {
  generateCharacters: { links: ["Ai", "Database", "Images"], actions: [] },
  streamCharacters: { links: ["Ai", "Auth", "Database", "Images"], actions: [] },
  createWorld: { links: ["Database", "PortraitQueue"], actions: sends("PortraitQueue") },
  addPieces: { links: ["Database", "PortraitQueue"], actions: sends("PortraitQueue") },
  listWorlds: { links: ["Database"], actions: [] },
  getWorld: { links: ["Database"], actions: [] },
  replacePortrait: { links: ["Database", "PortraitQueue"], actions: sends("PortraitQueue") },
  deleteWorld: { links: ["Database"], actions: [] },
  presignUpload: { links: ["Database", "Incoming"], actions: [] },
  completeUpload: { links: ["Database", "Images", "Incoming"], actions: [] },
  listImages: { links: ["Database"], actions: [] },
  getImage: { links: ["Database"], actions: [] },
  deleteImage: { links: ["Database"], actions: [] },
  rehostImage: {
    links: ["Database", "Discord", "RehostQueue"],
    actions: sends("RehostQueue"),
  },
  telegramRehost: {
    links: ["Database", "RehostQueue", "Telegram", "TelegramWebhook"],
    actions: sends("RehostQueue"),
  },
  linkTelegram: { links: ["Database", "TelegramBot"], actions: [] },
  rehostImages: {
    links: ["Database", "Discord", "Images", "Telegram"],
    actions: consumes("RehostQueue"),
  },
  eraseOwner: { links: ["Database"], actions: [] },
  getErasure: { links: ["Database"], actions: [] },
  openapi: { links: [], actions: [] },
  health: { links: ["Database"], actions: [] },
  notFound: { links: [], actions: [] },
  uploadPortraits: { links: ["Database", "Images"], actions: consumes("PortraitQueue") },
  sweep: {
    links: ["Cdn", "Database", "Images", "Incoming", "PortraitQueue", "RehostQueue"],
    actions: sends("PortraitQueue", "RehostQueue"),
  },
};

describe.each(Object.entries(stages))("in %s", (name, { options, origins }) => {
  const production = name === "production";
  const live = name === "sst dev";
  let app: QueryablePlan;
  beforeAll(async () => {
    app = await plans[name]!;
  }, 240_000); // all of them at once, which a busy machine does slowly

  test("every route of the contract has its function, and no route is there but $default", () => {
    const contract = Object.entries<Route>(routes).map(([route, { method, path }]) => [
      `${method} ${path}`,
      app.functions[route]?.lambda.name,
    ]);
    const targets = app.routes.map(({ routeKey, lambda }) => [routeKey, lambda]);
    expect(Object.fromEntries(targets)).toEqual({
      ...Object.fromEntries(contract),
      $default: app.functions.notFound?.lambda.name,
    });
  });

  test("nobody reaches a user's route without a token that our issuer signed for us", () => {
    const authorizer = app.one("aws:apigatewayv2/authorizer:Authorizer");
    expect(authorizer.inputs).toMatchObject({
      authorizerType: "JWT",
      identitySources: ["$request.header.Authorization"],
      jwtConfiguration: { issuer: "https://issuer.example.com/", audiences: ["keepsake"] },
    });

    const open = Object.values<Route>(routes).filter(({ access }) => access === "public");
    for (const { routeKey, authorizationType, authorizerId } of app.routes) {
      const isOpen = open.some(({ method, path }) => routeKey === `${method} ${path}`);
      expect([routeKey, authorizationType, authorizerId]).toEqual(
        isOpen || routeKey === "$default"
          ? [routeKey, "NONE", undefined]
          : [routeKey, "JWT", `${authorizer.name}-id`],
      );
    }
  });

  test("every file in functions/ is deployed", () => {
    const files = fs
      .readdirSync(path.join(root, "functions"))
      .filter((file) => file.endsWith(".ts"));
    const deployed = Object.values(app.functions).map(({ handler }) => handler);
    expect(deployed.sort()).toEqual(
      files.map((file) => `functions/${file.replace(".ts", ".handler")}`).sort(),
    );
  });

  test("every function holds the links it uses and no other", () => {
    const held = Object.entries(app.functions).map(([name, { links }]) => [name, links]);
    const meant = Object.entries(privileges).map(([name, { links }]) => [name, links]);
    expect(Object.fromEntries(held)).toEqual(Object.fromEntries(meant));
  });

  test("a function may send to its queues, or consume from one, and nothing else in AWS", () => {
    const named = (arn: string) =>
      Object.keys(queues).find((name) => {
        const { inputs } = app.one<{ name: string }>("aws:sqs/queue:Queue", `${name}Queue`);
        return arn.endsWith(`:${inputs.name}`);
      });
    for (const [name, { statements }] of Object.entries(app.functions)) {
      // what sst dev itself needs to reach the developer's machine
      const own = statements.filter(({ actions }) => !/^(appsync|s3):/.test(String(actions)));
      const allowed = own.flatMap(({ actions, resources }) =>
        actions.flatMap((action) => resources.map((arn) => `${action} ${named(arn)}`)),
      );
      expect([name, allowed.sort()]).toEqual([name, privileges[name]?.actions.sort()]);
      expect(statements.length - own.length).toBe(live ? 2 : 0);
    }
  });

  test("functions run on Node 24 and arm64 and keep JSON logs for a month", () => {
    for (const [name, { lambda, runsLocally }] of Object.entries(app.functions)) {
      expect(runsLocally).toBe(live);
      expect(lambda).toMatchObject({
        name: `keepsake-${options.stage}-${name}`,
        runtime: live ? "provided.al2023" : "nodejs24.x",
        architectures: [live ? "x86_64" : "arm64"],
        loggingConfig: { logFormat: "JSON", logGroup: `/aws/lambda/${lambda.name}` },
      });
    }
    for (const { inputs } of app.all("aws:cloudwatch/logGroup:LogGroup"))
      expect(inputs.retentionInDays).toBe(30);
  });

  test("a function gives up before API Gateway does", () => {
    for (const route of [...Object.keys(routes), "notFound"])
      expect(app.functions[route]?.lambda.timeout).toBeLessThanOrEqual(29);
  });

  test("web pages of ours may call the API, with the methods and headers it has, and no others", () => {
    expect(app.one("aws:apigatewayv2/api:Api").inputs.corsConfiguration).toEqual({
      allowOrigins: origins,
      allowMethods: expect.toSatisfy(
        (methods: string[]) =>
          methods.toSorted().join() ===
          [...new Set(Object.values(routes).map(({ method }) => method))].sort().join(),
      ),
      allowHeaders: ["authorization", "content-type", "idempotency-key"],
      maxAge: 3600,
    });
  });

  test("streams have URLs that our pages may call, and no authorizer but themselves", () => {
    const urls = app.all("aws:lambda/functionUrl:FunctionUrl");
    expect(urls.map(({ inputs }) => inputs)).toMatchObject(
      Object.keys(streams).map(() => ({
        authorizationType: "NONE",
        invokeMode: "RESPONSE_STREAM",
        cors: {
          allowOrigins: origins,
          allowMethods: ["POST"],
          allowHeaders: ["authorization", "content-type"],
        },
      })),
    );
    for (const [name, { timeoutSeconds }] of Object.entries(streams))
      expect(app.functions[name]?.lambda.timeout).toBe(timeoutSeconds);
  });

  test("a flood of requests is throttled, and each one is in the access log", () => {
    expect(app.one("aws:apigatewayv2/stage:Stage").inputs).toMatchObject({
      defaultRouteSettings: { throttlingRateLimit: 50, throttlingBurstLimit: 100 },
      accessLogSettings: { format: expect.stringContaining("$context.requestId") },
    });
  });

  test.each(Object.entries(queues))("%s delivers as the contract says", (queueName, queue) => {
    const dead = app.one<{ name: string }>("aws:sqs/queue:Queue", `${queueName}DeadQueue`);
    const main = app.one<{ name: string; redrivePolicy: string }>(
      "aws:sqs/queue:Queue",
      `${queueName}Queue`,
    );
    const consumer = app.functions[queue.consumer]!;
    const mappings = app.all<{ eventSourceArn: string; functionName: string }>(
      "aws:lambda/eventSourceMapping:EventSourceMapping",
    );
    const mapping = mappings.find(({ inputs }) =>
      inputs.eventSourceArn.endsWith(main.inputs.name),
    )!;

    expect(mapping.inputs).toMatchObject({
      batchSize: queue.batchSize,
      functionResponseTypes: ["ReportBatchItemFailures"],
      scalingConfig: { maximumConcurrency: queue.concurrency },
      functionName: expect.stringMatching(new RegExp(`:${consumer.lambda.name}$`)),
    });
    expect(consumer.lambda.timeout).toBe(queue.timeoutSeconds);
    expect(main.inputs).toMatchObject({ visibilityTimeoutSeconds: queue.visibilitySeconds });
    expect(queue.visibilitySeconds).toBeGreaterThanOrEqual(6 * consumer.lambda.timeout);

    expect(JSON.parse(main.inputs.redrivePolicy)).toEqual({
      deadLetterTargetArn: expect.stringMatching(new RegExp(`:${dead.inputs.name}$`)),
      maxReceiveCount: queue.receives,
    });
    expect(dead.inputs).toMatchObject({ messageRetentionSeconds: 14 * 24 * 60 * 60 });
  });

  test("every queue is in the contract", () => {
    expect(app.all("aws:sqs/queue:Queue").map(({ name }) => name)).toEqual(
      Object.keys(queues).flatMap((name) => [`${name}DeadQueue`, `${name}Queue`]),
    );
    expect(app.all("aws:lambda/eventSourceMapping:EventSourceMapping")).toHaveLength(
      Object.keys(queues).length,
    );
  });

  test("web pages read from the images bucket and never write to it", () => {
    expect(
      app.one("cloudflare:index/r2BucketCors:R2BucketCors", "ImagesCors").inputs,
    ).toMatchObject({
      bucketName: `keepsake-${options.stage}-images`,
      rules: [{ allowed: { origins, methods: ["GET", "HEAD"] } }],
    });
  });

  test("web pages write to the incoming bucket, with the headers a presigned URL signs", () => {
    expect(
      app.one("cloudflare:index/r2BucketCors:R2BucketCors", "IncomingCors").inputs,
    ).toMatchObject({
      bucketName: `keepsake-${options.stage}-incoming`,
      rules: [
        {
          allowed: {
            origins,
            methods: ["PUT"],
            headers: ["content-type", "x-amz-checksum-sha256", "if-none-match"],
          },
        },
      ],
    });
    expect(app.all("cloudflare:index/r2BucketCors:R2BucketCors")).toHaveLength(2);
  });

  test("only the images bucket is public: in production under our name, elsewhere under R2's", () => {
    const domains = app.all("cloudflare:index/r2CustomDomain:R2CustomDomain");
    const addresses = app.all("cloudflare:index/r2ManagedDomain:R2ManagedDomain");
    for (const { inputs } of [...domains, ...addresses])
      expect(inputs.bucketName).toBe(`keepsake-${options.stage}-images`);

    expect(domains.map(({ inputs }) => inputs.domain)).toEqual(
      production ? ["images.example.com"] : [],
    );
    expect(addresses).toHaveLength(production ? 0 : 1);
    expect(app.outputs.images).toBe(
      production ? "https://images.example.com" : "https://pub-0.r2.dev",
    );
  });

  test("the page is told where everything is, and how to sign in", () => {
    const built = app.all<Built>("command:local:Command").map(({ inputs }) => inputs);
    const served = Object.values(app.devCommands);
    expect([built.length, served.length]).toEqual([production ? 1 : 0, live ? 1 : 0]);
    for (const { environment } of [...built, ...served])
      expect(environment).toEqual({ VITE_SETTINGS: settingsText(pageSettings(app)) });
    for (const { command } of served) expect(command).toBe("npm run studio");
  });

  test("the page is under its own name in production, and on the developer's machine in sst dev", () => {
    const sites = app.all<Site>("aws:cloudfront/distribution:Distribution");
    expect(sites.map(({ inputs }) => inputs.aliases)).toEqual(
      production ? [["studio.example.com"]] : [],
    );
    expect(app.outputs.studio).toBe(
      production ? "https://studio.example.com" : live ? "http://127.0.0.1:5173" : undefined,
    );
    if (!production) return;
    expect(sites[0]!.inputs).toMatchObject({
      viewerCertificate: { minimumProtocolVersion: "TLSv1.2_2021" },
      defaultCacheBehavior: {
        viewerProtocolPolicy: "redirect-to-https",
        allowedMethods: ["GET", "HEAD"],
      },
    });
    const records = app.all("cloudflare:index/dnsRecord:DnsRecord").map(({ inputs }) => inputs);
    expect(records).toContainEqual(
      expect.objectContaining({
        name: "studio.example.com",
        type: "CNAME",
        content: "d0.cloudfront.net",
        zoneId: "cloudflare-zone",
      }),
    );
  });

  test("the page may do in production what it may do on a developer's machine, over TLS", () => {
    const policies = app.all<Headers>("aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy");
    expect(policies).toHaveLength(production ? 1 : 0);
    for (const { name, inputs } of policies) {
      const { defaultCacheBehavior } = app.one<Site>(
        "aws:cloudfront/distribution:Distribution",
      ).inputs;
      expect(defaultCacheBehavior.responseHeadersPolicyId).toBe(`${name}-id`);
      expect(sent(inputs)).toEqual({
        ...securityHeaders(pageSettings(app)),
        "strict-transport-security": "max-age=31536000",
      });
    }
  });

  test("every route of the page is the page, and only what is named by its content is kept", () => {
    if (!production) return expect(app.all("aws:s3/bucket:Bucket")).toEqual([]);
    const { files } = app.one<{ files: File[] }>(dynamic, uploading).inputs;
    const kept = files.filter(({ cacheControl }) => cacheControl !== "no-cache");
    expect(new Set(kept.map(({ cacheControl }) => cacheControl))).toEqual(
      new Set(["public, max-age=31536000, immutable"]),
    );
    expect(kept.map(({ key }) => key)).toEqual(
      files.map(({ key }) => key).filter((key) => key.startsWith("assets/")),
    );
    expect(files).toContainEqual(
      expect.objectContaining({ key: "index.html", contentType: "text/html;charset=UTF-8" }),
    );
    const { entries } = app.one<{ entries: { metadata: string } }>(dynamic, routing).inputs;
    expect(JSON.parse(entries.metadata)).toMatchObject({ custom404: "/index.html" });
  });

  test("what was sent and never completed is gone after a day", () => {
    const age = { condition: { type: "Age", maxAge: 86_400 } };
    expect(app.one("cloudflare:index/r2BucketLifecycle:R2BucketLifecycle").inputs).toMatchObject({
      bucketName: `keepsake-${options.stage}-incoming`,
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

  test.each(Object.entries(schedules))("%s runs by the clock, one try a run", (name, schedule) => {
    const { lambda } = app.functions[name]!;
    const clock = app
      .all<{ target: { arn: string } }>("aws:scheduler/schedule:Schedule")
      .find(({ inputs }) => inputs.target.arn.endsWith(`:${lambda.name}`))!;
    expect(clock.inputs).toMatchObject({
      // AWS takes "1 minute" and "5 minutes", not "1 minutes"
      scheduleExpression:
        schedule.everyMinutes === 1 ? "rate(1 minute)" : `rate(${schedule.everyMinutes} minutes)`,
      state: "ENABLED",
      target: { retryPolicy: { maximumRetryAttempts: 0 } },
    });
    expect(lambda.timeout).toBe(schedule.timeoutSeconds);
  });

  test("production keeps its buckets whatever happens, other stages can be removed", () => {
    expect(app.app).toMatchObject({
      protect: production,
      removal: production ? "retain" : "remove",
    });
    const buckets = app.all("cloudflare:index/r2Bucket:R2Bucket");
    expect(buckets.map(({ inputs }) => inputs.name)).toEqual([
      `keepsake-${options.stage}-images`,
      `keepsake-${options.stage}-incoming`,
    ]);
    for (const { protect, retainOnDelete } of buckets)
      expect({ protect, retainOnDelete }).toEqual({
        protect: production,
        retainOnDelete: production,
      });
  });

  test("no secret is in a property that is not marked as one", () => {
    const secrets = Object.entries(exampleSettings).filter(([name]) =>
      name.startsWith("SST_SECRET_"),
    );
    expect(secrets).toHaveLength(app.all("sst:sst:Secret").length);
    for (const [, value] of secrets) expect(JSON.stringify(app)).not.toContain(value);
  });

  test("sst-env.d.ts is what SST would write", () => {
    expect(fs.readFileSync(linkTypesFile, "utf8")).toBe(linkTypesText(app.links));
  });

  test("somebody is told when something needs a person, if there is somebody", () => {
    const alarms = app.all<{ name: string; alarmActions: string[]; threshold: number }>(
      "aws:cloudwatch/metricAlarm:MetricAlarm",
    );
    if (!production) return expect(alarms).toEqual([]);

    const watched = alarms.map(({ inputs }) => inputs.name.replace("keepsake-production-", ""));
    const ofQueues = Object.keys(queues).flatMap((queue) => [
      `${queue}DeadLetters`,
      `${queue}Age`,
      `${queue}Errors`,
    ]);
    const ofSchedules = Object.keys(schedules).map((schedule) => `${schedule}Errors`);
    expect(watched.sort()).toEqual([...ofQueues, ...ofSchedules, "Api5xx"].sort());

    const topic = app.one<{ name: string }>("aws:sns/topic:Topic").inputs.name;
    for (const { inputs } of alarms)
      expect(inputs.alarmActions).toEqual([expect.stringMatching(new RegExp(`:sns:.*:${topic}$`))]);
    expect(app.one("aws:sns/topicSubscription:TopicSubscription").inputs).toMatchObject({
      protocol: "email",
      endpoint: "oncall@example.com",
    });
  });

  test("the plan can be read as a table", () => {
    const text = planTable(app);
    for (const { method, path } of Object.values<Route>(routes))
      expect(text).toContain(`${method} ${path}`);
    expect(text).toContain(`keepsake-${options.stage}-images`);
    expect(text).toContain("PortraitQueueDead");
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

/** What the page of a plan's stage has to know. */
const pageSettings = ({ outputs }: QueryablePlan): Settings => ({
  api: String(outputs.api),
  stream: String(outputs.stream),
  cdn: String(outputs.images),
  uploads: "https://cloudflare-account.r2.cloudflarestorage.com",
  sign_in: {
    by: "oidc",
    issuer: "https://issuer.example.com/",
    client_id: "studio-client",
    audience: "keepsake",
    origins: ["https://keys.example.com"],
  },
});

/** The headers that a policy makes CloudFront send, whatever the origin says. */
function sent({ securityHeadersConfig: config, customHeadersConfig }: Headers) {
  const { contentSecurityPolicy, referrerPolicy, strictTransportSecurity } = config;
  for (const each of [...Object.values(config), ...customHeadersConfig.items])
    expect(each).toMatchObject({ override: true });
  return {
    "content-security-policy": contentSecurityPolicy.contentSecurityPolicy,
    "referrer-policy": referrerPolicy.referrerPolicy,
    ...(config.contentTypeOptions && { "x-content-type-options": "nosniff" }),
    "strict-transport-security": `max-age=${strictTransportSecurity.accessControlMaxAgeSec}`,
    ...Object.fromEntries(customHeadersConfig.items.map(({ header, value }) => [header, value])),
  };
}

test("a secret that is not set fails by name", async () => {
  const { SST_SECRET_R2AccessKeyId: missing, ...others } = exampleSettings;
  await expect(queryPlan({ stage: "dev" }, others)).rejects.toThrow("sst secret set R2AccessKeyId");
});

describe("settings", () => {
  test.each([
    "JWT_ISSUER",
    "JWT_AUDIENCE",
    "STUDIO_DOMAIN",
    "STUDIO_CLIENT_ID",
    "IMAGES_DOMAIN",
    "CLOUDFLARE_ZONE_ID",
    "ALARM_EMAIL",
  ])("production does not start without %s", async (name) => {
    await expect(settings("production", { ...exampleSettings, [name]: "" })).rejects.toThrow(
      `${name} is not set: put it in .env.production`,
    );
  });

  test("another stage needs an issuer and nothing else", async () => {
    await expect(settings("dev", {})).rejects.toThrow("JWT_ISSUER is not set");
    await settings("dev", { JWT_ISSUER: "https://issuer.example.com/" });
  });

  test("a stage with a page needs to know who the page is, and whose name it has", async () => {
    const page = { JWT_ISSUER: exampleSettings.JWT_ISSUER, STUDIO_DOMAIN: "studio.example.com" };
    await expect(settings("dev", page)).rejects.toThrow("STUDIO_CLIENT_ID is not set");
    const known = { ...page, STUDIO_CLIENT_ID: "studio-client" };
    await expect(settings("dev", known)).rejects.toThrow("CLOUDFLARE_ZONE_ID is not set");
    await settings("dev", { ...known, CLOUDFLARE_ZONE_ID: "zone" });
  });

  test("production may have no other page, and endpoints of the issuer may be the issuer's", async () => {
    await settings("production", { ...exampleSettings, WEB_ORIGINS: "", OIDC_ORIGINS: "" });
  });

  test.each([
    "*",
    "app.example.com",
    "https://app.example.com/",
    "https://a.example https://b.example",
  ])("%s is no origin", async (origin) => {
    for (const name of ["WEB_ORIGINS", "OIDC_ORIGINS"])
      await expect(settings("production", { ...exampleSettings, [name]: origin })).rejects.toThrow(
        `${name} takes origins such as https://app.example.com, not "${origin}"`,
      );
  });

  test.each(["IMAGES_DOMAIN", "STUDIO_DOMAIN"])(
    "%s is a host name, not an address",
    async (name) => {
      const address = "https://some.example.com";
      await expect(settings("production", { ...exampleSettings, [name]: address })).rejects.toThrow(
        `${name} takes a host name such as images.example.com, not "${address}"`,
      );
    },
  );

  test("sst dev stays away from production", async () => {
    await expect(settings("production", exampleSettings, true)).rejects.toThrow(
      "use another stage",
    );
  });
});

/** Reads infra/settings.ts as SST would, in a process of its own. */
async function settings(stage: string, env: Record<string, string>, dev = false) {
  const file = JSON.stringify(path.join(root, "infra/settings.ts"));
  const globals = `Object.assign(globalThis, { $app: { stage: "${stage}" }, $dev: ${dev} })`;
  const program = `${globals}; await import(${file});`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program], { env });
}
