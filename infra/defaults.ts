import crypto from "node:crypto";

/** Defaults of every function and of every link to a queue. Imported before all other files. */
$transform(sst.aws.Function, (args) => {
  // keepsake-production-createWorld: the name in logs, metrics and bills
  args.name ??= $output(args.handler).apply(
    (handler) => `${$app.name}-${$app.stage}-${handler.replace(/^.*\/|\.handler$/g, "")}`,
  );
  args.runtime ??= "nodejs24.x";
  // a fifth cheaper per GB-second than x86, and no slower here
  args.architecture ??= "arm64";
  // an API call mostly waits for Postgres; 512 MB comes with 0.3 of a CPU to start and to parse
  args.memory ??= "512 MB";
  args.logging ??= { format: "json", retention: "1 month" };
  // a function that still runs while its stage is removed writes its log group again, and the next deploy
  // could not create one of the same name. SST keeps the name of a group that exists.
  const logName = $output(args.name).apply(
    (name) => `/aws/lambda/${name}-${crypto.randomBytes(8).toString("hex").slice(0, 8)}`,
  );
  args.transform = {
    ...args.transform,
    logGroup(group) {
      group.name = logName;
    },
  };
  // CommonJS, bundled from packages' ES modules, starts in 80 ms; SST's default takes 110 ms
  args.nodejs = $output(args.nodejs).apply((nodejs) => ({
    format: "cjs" as const,
    minify: true,
    esbuild: { mainFields: ["module", "main"] },
    ...nodejs,
  }));
});

// SST's default is sqs:*; consumers get their permissions from the subscription
sst.Linkable.wrap(sst.aws.Queue, (queue) => ({
  properties: { url: queue.url },
  include: [sst.aws.permission({ actions: ["sqs:SendMessage"], resources: [queue.arn] })],
}));
