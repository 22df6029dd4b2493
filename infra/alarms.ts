import { type MetricName, metricNamespace } from "../packages/contract/metrics.ts";
import { type QueueName, queues as queueLimits } from "../packages/contract/queues.ts";
import type { ScheduleName } from "../packages/contract/schedules.ts";
import { api } from "./api.ts";
import { queues } from "./queues.ts";
import { crons, erasureOverdueSeconds, everyMinutes } from "./schedules.ts";
import { alarmEmail, apiRequestsPerSecond, budgetUsd, webhookUrl } from "./settings.ts";
import { streamFunctions } from "./streams.ts";

const prefix = `${$app.name}-${$app.stage}`;
const busyPeriods = 3;

if (alarmEmail) {
  const topic = new aws.sns.Topic("Alarms", { name: `${prefix}-alarms` });
  // the recipient has to confirm once, by e-mail
  new aws.sns.TopicSubscription("AlarmsEmail", {
    topic: topic.arn,
    protocol: "email",
    endpoint: alarmEmail,
  });
  const actions = [topic.arn];

  for (const [name, { queue, dead, subscription }] of Object.entries(queues)) {
    alarm(
      actions,
      `${name}DeadLetters`,
      "messages failed on every receive: find the cause, fix it, run npm run dlq -- redrive",
      {
        namespace: "AWS/SQS",
        metricName: "ApproximateNumberOfMessagesVisible",
        statistic: "Maximum",
        dimensions: { QueueName: dead.nodes.queue.name },
      },
    );
    alarm(
      actions,
      `${name}Age`,
      "messages wait longer than three visibility timeouts: check that the consumer runs",
      {
        namespace: "AWS/SQS",
        metricName: "ApproximateAgeOfOldestMessage",
        statistic: "Maximum",
        threshold: 3 * queueLimits[name as QueueName].visibilitySeconds,
        dimensions: { QueueName: queue.nodes.queue.name },
      },
    );
    alarm(actions, `${name}Errors`, "whole batches of the consumer failed", {
      namespace: "AWS/Lambda",
      metricName: "Errors",
      statistic: "Sum",
      dimensions: { FunctionName: subscription.nodes.function.name },
    });
  }

  for (const [name, cron] of Object.entries(crons)) {
    alarm(actions, `${name}Errors`, "three or more of five runs failed", {
      namespace: "AWS/Lambda",
      metricName: "Errors",
      statistic: "Sum",
      threshold: 2,
      period: 5 * 60 * everyMinutes[name as ScheduleName],
      dimensions: { FunctionName: cron.nodes.function.name },
    });
    // a run stops after 45 s: one after another means that more comes in than it finishes
    const period = Math.max(300, 60 * everyMinutes[name as ScheduleName]);
    alarm(
      actions,
      `${name}Busy`,
      `every run of ${(busyPeriods * period) / 60} minutes used its whole time: see docs/scale.md`,
      {
        namespace: "AWS/Lambda",
        metricName: "Duration",
        statistic: "Minimum",
        threshold: 45_000,
        period,
        evaluationPeriods: busyPeriods,
        dimensions: { FunctionName: cron.nodes.function.name },
      },
    );
  }

  for (const [name, stream] of Object.entries(streamFunctions)) {
    const ofStream = {
      namespace: "AWS/Lambda",
      statistic: "Sum",
      dimensions: { FunctionName: stream.nodes.function.name },
    };
    const id = name[0].toUpperCase() + name.slice(1);
    alarm(actions, `${id}5xx`, "more than five streams within five minutes ended with 5xx", {
      ...ofStream,
      metricName: "Url5xxCount",
      threshold: 5,
    });
    alarm(
      actions,
      `${id}Throttles`,
      "streams were refused: raise STREAM_CONCURRENCY or the account's quota, or find who calls",
      { ...ofStream, metricName: "Throttles" },
    );
  }

  alarm(
    actions,
    "ApiNearThrottle",
    "requests are near API_REQUESTS_PER_SECOND, beyond which they get 429: see docs/scale.md",
    {
      namespace: "AWS/ApiGateway",
      metricName: "Count",
      statistic: "Sum",
      threshold: 0.8 * 300 * apiRequestsPerSecond,
      dimensions: { ApiId: api.nodes.api.id },
    },
  );
  // of all functions of the account in this region: they share one quota
  alarm(actions, "LambdaThrottles", "the account's concurrency is used up: see docs/scale.md", {
    namespace: "AWS/Lambda",
    metricName: "Throttles",
    statistic: "Sum",
  });
  alarm(
    actions,
    "ErasuresOverdue",
    "what was deleted is not removed or purged in time: read the log of sweep, run npm run doctor",
    {
      namespace: metricNamespace,
      metricName: "erasure_overdue_seconds" satisfies MetricName,
      statistic: "Maximum",
      threshold: erasureOverdueSeconds,
      period: Math.max(300, 60 * everyMinutes.sweep),
      dimensions: { stage: $app.stage },
    },
  );

  if (webhookUrl)
    alarm(
      actions,
      "EventsUndelivered",
      "the receiver of events does not accept them: see the log of deliverEvents, run npm run webhook -- test",
      {
        namespace: metricNamespace,
        metricName: "undelivered" satisfies MetricName,
        statistic: "Sum",
        threshold: 3,
        period: 15 * 60,
        dimensions: { stage: $app.stage },
      },
    );

  // of the whole account: AWS bills by stage only after its tags were made cost allocation tags
  if (budgetUsd)
    new aws.budgets.Budget("Budget", {
      name: `${prefix}-monthly`,
      budgetType: "COST",
      limitAmount: budgetUsd,
      limitUnit: "USD",
      timeUnit: "MONTHLY",
      notifications: (
        [
          ["ACTUAL", 80],
          ["FORECASTED", 100],
        ] as const
      ).map(([notificationType, threshold]) => ({
        notificationType,
        threshold,
        thresholdType: "PERCENTAGE",
        comparisonOperator: "GREATER_THAN",
        subscriberEmailAddresses: [alarmEmail],
      })),
    });

  alarm(actions, "Api5xx", "more than five requests within five minutes were answered with 5xx", {
    namespace: "AWS/ApiGateway",
    metricName: "5xx",
    statistic: "Sum",
    threshold: 5,
    dimensions: { ApiId: api.nodes.api.id },
  });
}

/** Sends an e-mail when five minutes are above the threshold (default 0), and one when it ends. */
function alarm(
  actions: $util.Input<string>[],
  name: string,
  alarmDescription: string,
  { threshold = 0, ...metric }: Partial<aws.cloudwatch.MetricAlarmArgs>,
) {
  new aws.cloudwatch.MetricAlarm(`${name}Alarm`, {
    name: `${prefix}-${name}`,
    alarmDescription,
    comparisonOperator: "GreaterThanThreshold",
    threshold,
    period: 300,
    evaluationPeriods: 1,
    treatMissingData: "notBreaching",
    alarmActions: actions,
    okActions: actions,
    ...metric,
  });
}
