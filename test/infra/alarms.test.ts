import { queues } from "@keepsake/contract/queues";
import { schedules } from "@keepsake/contract/schedules";
import { counted } from "@keepsake/ops/costs/measuredWork";
import { exampleSettings } from "@keepsake/plan/exampleSettings";
import { queryPlan } from "@keepsake/plan/planLookups";
import { expect, test } from "vitest";
import { describeStages } from "./support/stages.ts";

describeStages((stage) => {
  test("with ALARM_EMAIL set there are alarms that send e-mail to it, without it there are none", () => {
    const alarms = stage.plan.all<{ name: string; alarmActions: string[]; threshold: number }>(
      "aws:cloudwatch/metricAlarm:MetricAlarm",
    );
    if (!stage.production) return expect(alarms).toEqual([]);

    const names = alarms.map(({ inputs }) => inputs.name.replace("keepsake-production-", ""));
    const ofQueues = Object.keys(queues).flatMap((queue) => [
      `${queue}DeadLetters`,
      `${queue}Age`,
      `${queue}Errors`,
    ]);
    const ofStreams = ["StreamCharacters5xx", "StreamCharactersThrottles"];
    const ofSchedules = Object.keys(schedules).flatMap((schedule) => [
      `${schedule}Errors`,
      `${schedule}Busy`,
    ]);
    const ofAll = ["Api5xx", "ApiNearThrottle", "LambdaThrottles", "ErasuresOverdue"];
    const ofEvents = ["EventQueueDeadLetters", "EventQueueAge", "EventQueueErrors"];
    ofAll.push("EventsUndelivered");
    expect(names.sort()).toEqual([...ofQueues, ...ofSchedules, ...ofStreams, ...ofAll].sort());
    expect(names).toHaveLength(counted.alarms + ofEvents.length + 1);

    const overdue = alarms.find(({ inputs }) => inputs.name.endsWith("ErasuresOverdue"))!.inputs;
    expect(overdue).toMatchObject({
      namespace: "Keepsake",
      metricName: "erasure_overdue_seconds",
      dimensions: { stage: "production" },
      threshold: 90 + 15 * 60,
    });

    const topic = stage.plan.one<{ name: string }>("aws:sns/topic:Topic").inputs.name;
    for (const { inputs } of alarms)
      expect(inputs.alarmActions).toEqual([expect.stringMatching(new RegExp(`:sns:.*:${topic}$`))]);
    expect(stage.plan.one("aws:sns/topicSubscription:TopicSubscription").inputs).toMatchObject({
      protocol: "email",
      endpoint: "oncall@example.com",
    });
  });

  test("the stream's URL has alarms on 5xx and on throttles, and a limit when it is set", () => {
    const { inputs } = stage.plan.one<{ name: string; reservedConcurrentExecutions?: number }>(
      "aws:lambda/function:Function",
      "StreamCharactersFunction",
    );
    expect(inputs.reservedConcurrentExecutions).toBe(stage.production ? 20 : undefined);
    if (!stage.production) return;
    const alarms = stage.plan.all<{ metricName: string; dimensions?: Record<string, string> }>(
      "aws:cloudwatch/metricAlarm:MetricAlarm",
    );
    const metrics = alarms
      .filter((alarm) => alarm.inputs.dimensions?.FunctionName === inputs.name)
      .map((alarm) => alarm.inputs.metricName);
    expect(metrics.sort()).toEqual(["Throttles", "Url5xxCount"]);
  });

  test("with BUDGET_USD set there is a budget, which sends mail to ALARM_EMAIL", () => {
    const budgets = stage.plan.all("aws:budgets/budget:Budget");
    if (!stage.production) return expect(budgets).toEqual([]);
    const mail = { subscriberEmailAddresses: ["oncall@example.com"] };
    expect(budgets).toMatchObject([
      {
        inputs: {
          limitAmount: "100",
          limitUnit: "USD",
          timeUnit: "MONTHLY",
          notifications: [
            { notificationType: "ACTUAL", threshold: 80, ...mail },
            { notificationType: "FORECASTED", threshold: 100, ...mail },
          ],
        },
      },
    ]);
  });
});

test.each([
  ["5", 15],
  ["20", 60],
])(
  "with SWEEP_MINUTES=%s the alarm on a busy sweep looks at %i minutes, and says so",
  async (SWEEP_MINUTES, minutes) => {
    const plan = await queryPlan({ stage: "production" }, { ...exampleSettings, SWEEP_MINUTES });
    const { inputs } = plan
      .all<{ alarmDescription: string; period: number; evaluationPeriods: number; name: string }>(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
      )
      .find(({ inputs }) => inputs.name.endsWith("sweepBusy"))!;
    expect(inputs.period * inputs.evaluationPeriods).toBe(minutes * 60);
    expect(inputs.alarmDescription).toContain(`every run of ${minutes} minutes used`);
  },
  120_000,
);
