/** What holds for every function, and for every link to a queue. Imported before anything else. */
$transform(sst.aws.Function, (args) => {
  // keepsake-production-createWorld: how it is found in logs, metrics and bills
  args.name ??= $output(args.handler).apply(
    (handler) => `${$app.name}-${$app.stage}-${handler.replace(/^.*\/|\.handler$/g, "")}`,
  );
  args.runtime ??= "nodejs24.x";
  // a fifth cheaper per GB-second than x86, and no slower here
  args.architecture ??= "arm64";
  // an API call mostly waits for Postgres; 512 MB buys 0.3 of a CPU to start and to parse with
  args.memory ??= "512 MB";
  args.logging ??= { format: "json", retention: "1 month" };
  // CommonJS with the ES modules of packages starts in 80 ms where SST's default takes 110
  args.nodejs = $output(args.nodejs).apply((nodejs) => ({
    format: "cjs" as const,
    minify: true,
    esbuild: { mainFields: ["module", "main"] },
    ...nodejs,
  }));
});

// SST would grant sqs:*; consumers get their own permissions with the subscription
sst.Linkable.wrap(sst.aws.Queue, (queue) => ({
  properties: { url: queue.url },
  include: [sst.aws.permission({ actions: ["sqs:SendMessage"], resources: [queue.arn] })],
}));

export {};
