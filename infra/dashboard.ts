import { type MetricName, metricNamespace } from "../packages/contract/metrics.ts";
import { api } from "./api.ts";
import { queues } from "./queues.ts";
import { crons, erasureOverdueSeconds } from "./schedules.ts";
import { hasDashboard, webhookUrl } from "./settings.ts";

const stage = $app.stage;
const prefix = `${$app.name}-${stage}`;

if (hasDashboard) {
  const region = aws.getRegionOutput().region;
  const widgets = [
    chart("Requests, of the API and the stream", [own("requests", "Sum")]),
    chart("Errors", [
      own("errors_4xx", "Sum"),
      own("errors_5xx", "Sum"),
      ofApiGateway("5xx", "Sum", "5xx of API Gateway"),
    ]),
    chart("Milliseconds of a request; of a stream, until its first event", [
      own("ms", "p50"),
      own("ms", "p95"),
      ofApiGateway("Latency", "p95", "p95 of API Gateway"),
    ]),
    chart("Messages that wait", ofQueues("ApproximateNumberOfMessagesVisible", "queue")),
    chart("Age of the oldest message, seconds", ofQueues("ApproximateAgeOfOldestMessage", "queue")),
    chart("Dead letters", ofQueues("ApproximateNumberOfMessagesVisible", "dead")),
    chart("Messages of batches", [search("messages", "Sum"), search("failed", "Sum")]),
    chart("Published", [own("published", "Sum")]),
    chart("Rejected, by reason", [search("rejected", "Sum", "reason")]),
    ...(webhookUrl ? [chart("Deliveries of events that failed", [own("undelivered", "Sum")])] : []),
    chart("CPU of an invocation that decodes, milliseconds, p95", [search("cpu_ms", "p95")]),
    chart("Memory of functions that decode, MB", [search("memory_mb", "Maximum")]),
    chart("Throttled invocations, of the account", [
      ["AWS/Lambda", "Throttles", { stat: "Sum" }],
      ["AWS/Lambda", "ConcurrentExecutions", { stat: "Maximum" }],
    ]),
    chart(
      "Sweep, milliseconds",
      Object.values(crons).flatMap((cron) => {
        const name = cron.nodes.function.name;
        return [
          ["AWS/Lambda", "Duration", "FunctionName", name, { stat: "Maximum" }],
          ["AWS/Lambda", "Errors", "FunctionName", name, { stat: "Sum", yAxis: "right" }],
        ];
      }),
    ),
    chart("Erasures beyond their promise, seconds", [own("erasure_overdue_seconds", "Maximum")], {
      annotations: { horizontal: [{ label: "alarm", value: erasureOverdueSeconds }] },
    }),
  ];
  new aws.cloudwatch.Dashboard("Dashboard", {
    dashboardName: prefix,
    dashboardBody: $jsonStringify({ periodOverride: "inherit", widgets: widgets.map(place) }),
  });

  /** Three in a row; a row of CloudWatch has 24 columns. */
  function place(properties: object, index: number) {
    const position = { x: 8 * (index % 3), y: 6 * Math.floor(index / 3), width: 8, height: 6 };
    return { type: "metric", ...position, properties: { region, ...properties } };
  }
}

function chart(title: string, metrics: unknown[], options: object = {}) {
  return { title, metrics, period: 300, view: "timeSeries", ...options };
}

/** A metric that the functions log, of the whole stage. */
function own(name: MetricName, stat: string) {
  return [metricNamespace, name, "stage", stage, { stat, label: `${name} ${stat}` }];
}

/** A metric that the functions log, one curve for each function or reason that has values. */
function search(name: MetricName, stat: string, by: "function" | "reason" = "function") {
  const schema = `{${metricNamespace},stage,${by}}`;
  const expression = `SEARCH('${schema} MetricName="${name}" stage="${stage}"', '${stat}', 300)`;
  return [{ expression, label: `${name} \${PROP('Dim.${by}')}` }];
}

function ofApiGateway(metric: string, stat: string, label: string) {
  return ["AWS/ApiGateway", metric, "ApiId", api.nodes.api.id, { stat, label }];
}

function ofQueues(metric: string, which: "queue" | "dead") {
  return Object.entries(queues).map(([label, queue]) => {
    const { name } = queue[which].nodes.queue;
    return ["AWS/SQS", metric, "QueueName", name, { stat: "Maximum", label }];
  });
}
