import { metrics } from "@keepsake/contract/metrics";
import { queues } from "@keepsake/contract/queues";
import { counted } from "@keepsake/ops/costs/measuredWork";
import { exampleSettings } from "@keepsake/plan/exampleSettings";
import { queryPlan } from "@keepsake/plan/planLookups";
import { expect, test } from "vitest";
import { describeStages } from "./support/stages.ts";

type Widget = {
  type: string;
  x: number;
  y: number;
  width: number;
  height: number;
  properties: { title: string; region: string; metrics: unknown[][] };
};

const type = "aws:cloudwatch/dashboard:Dashboard";

describeStages((stage) => {
  test("production has a dashboard, other stages have none unless DASHBOARD is on", () => {
    const dashboards = stage.plan.all<{ dashboardName: string }>(type);
    const names = dashboards.map(({ inputs }) => inputs.dashboardName);
    expect(names).toEqual(stage.production ? ["keepsake-production"] : []);
  });

  if (stage.production) {
    const widgets = (): Widget[] =>
      JSON.parse(stage.plan.one<{ dashboardBody: string }>(type).inputs.dashboardBody).widgets;

    test("the dashboard shows every metric that the functions log", () => {
      const shown = JSON.stringify(widgets());
      for (const [name, { by }] of Object.entries(metrics)) {
        const [dimension] = by;
        expect(shown).toContain(
          dimension
            ? `{Keepsake,stage,${dimension}} MetricName=\\"${name}\\" stage=\\"production\\"`
            : `["Keepsake","${name}","stage","production",`,
        );
      }
    });

    test("the bill counts every metric that the functions may log, but for the reasons of rejections", () => {
      const ofStage = Object.entries(metrics).filter(
        ([name, { by }]) => by.length === 0 && name !== "undelivered",
      );
      const decoding = Object.values(stage.plan.functions).filter(({ copies }) =>
        copies.some(({ to }) => to === "decoder"),
      );
      const ofFunctions = 2 * counted.queues + 2 * decoding.length;
      expect(ofStage.length + ofFunctions).toBe(counted.metrics);
    });

    test("the dashboard shows age, depth and dead letters of each queue, by its real name", () => {
      const all = widgets().flatMap(({ properties }) => properties.metrics);
      const ofQueues = all.filter(([namespace]) => namespace === "AWS/SQS");
      expect(ofQueues).toHaveLength(3 * Object.keys(queues).length);
      const names = stage.plan
        .all<{ name: string }>("aws:sqs/queue:Queue")
        .map(({ inputs }) => inputs.name);
      for (const [, , dimension, name] of ofQueues) {
        expect(dimension).toBe("QueueName");
        expect(names).toContain(name);
      }
    });

    test("the dashboard's metrics of Lambda and API Gateway are those of functions and an API that exist", () => {
      const all = widgets().flatMap(({ properties }) => properties.metrics);
      const names = Object.values(stage.plan.functions).map(({ lambda }) => lambda.name);
      const values = (name: string) =>
        all.filter((metric) => metric[2] === name).map((metric) => metric[3]);
      expect(values("FunctionName").length).toBeGreaterThan(0);
      for (const name of values("FunctionName")) expect(names).toContain(name);
      expect(new Set(values("ApiId")).size).toBe(1);
      expect(JSON.stringify(all)).not.toMatch(/undefined|null|Output/);
    });

    test("the dashboard's widgets do not overlap and are no wider than a row", () => {
      const places = widgets().map(({ x, y }) => `${x} ${y}`);
      expect(new Set(places).size).toBe(places.length);
      for (const { x, width, properties } of widgets()) {
        expect(x + width).toBeLessThanOrEqual(24);
        expect(properties.region).toBe("eu-central-1");
      }
    });
  }
});

test("DASHBOARD=off removes production's dashboard", { timeout: 240_000 }, async () => {
  const env = { ...exampleSettings, DASHBOARD: "off" };
  expect((await queryPlan({ stage: "production" }, env)).all(type)).toEqual([]);
});
