import { queues } from "@keepsake/contract/queues";
import { schedules } from "@keepsake/contract/schedules";
import { expect, test } from "vitest";
import { describeStages } from "./support/stages.ts";

describeStages((stage) => {
  test.each(Object.entries(queues))("%s has the limits of the contract", (queueName, queue) => {
    const dead = stage.plan.one<{ name: string }>("aws:sqs/queue:Queue", `${queueName}DeadQueue`);
    const main = stage.plan.one<{ name: string; redrivePolicy: string }>(
      "aws:sqs/queue:Queue",
      `${queueName}Queue`,
    );
    const consumer = stage.plan.functions[queue.consumer]!;
    const mappings = stage.plan.all<{ eventSourceArn: string; functionName: string }>(
      "aws:lambda/eventSourceMapping:EventSourceMapping",
    );
    const mapping = mappings.find(({ inputs }) =>
      inputs.eventSourceArn.endsWith(main.inputs.name),
    )!;

    expect(mapping.inputs).toMatchObject({
      batchSize: queue.batchSize,
      functionResponseTypes: ["ReportBatchItemFailures"],
      scalingConfig: { maximumConcurrency: stage.limits.queueConcurrency ?? queue.concurrency },
      functionName: expect.stringMatching(new RegExp(`:${consumer.lambda.name}$`)),
    });
    expect(consumer.lambda.timeout).toBe(queue.timeoutSeconds);
    expect(main.inputs).toMatchObject({ visibilityTimeoutSeconds: queue.visibilitySeconds });
    // AWS recommends six times the timeout for batches; a zip's lease is in its row, and Lambda's longest timeout is 900 s
    const times = queueName === "ExportQueue" ? 1 : 6;
    expect(queue.visibilitySeconds).toBeGreaterThanOrEqual(times * consumer.lambda.timeout);

    expect(JSON.parse(main.inputs.redrivePolicy)).toEqual({
      deadLetterTargetArn: expect.stringMatching(new RegExp(`:${dead.inputs.name}$`)),
      maxReceiveCount: queue.receives,
    });
    expect(dead.inputs).toMatchObject({ messageRetentionSeconds: 14 * 24 * 60 * 60 });
  });

  test("there is no queue outside the contract", () => {
    expect(stage.plan.all("aws:sqs/queue:Queue").map(({ name }) => name)).toEqual(
      Object.keys(queues)
        .flatMap((name) => [`${name}DeadQueue`, `${name}Queue`])
        .sort(),
    );
    expect(stage.plan.all("aws:lambda/eventSourceMapping:EventSourceMapping")).toHaveLength(
      Object.keys(queues).length,
    );
  });

  test.each(Object.entries(schedules))(
    "%s runs as often as SWEEP_MINUTES says, without retries",
    (name, schedule) => {
      const { lambda } = stage.plan.functions[name]!;
      const rule = stage.plan
        .all<{ target: { arn: string } }>("aws:scheduler/schedule:Schedule")
        .find(({ inputs }) => inputs.target.arn.endsWith(`:${lambda.name}`))!;
      expect(rule.inputs).toMatchObject({
        // AWS takes "1 minute" and "5 minutes", not "1 minutes"
        scheduleExpression:
          stage.sweepMinutes === 1 ? "rate(1 minute)" : `rate(${stage.sweepMinutes} minutes)`,
        state: "ENABLED",
        target: { retryPolicy: { maximumRetryAttempts: 0 } },
      });
      expect(lambda.timeout).toBe(schedule.timeoutSeconds);
    },
  );
});
