import { type MetricName, metrics } from "@keepsake/contract/metrics";
import { invoke } from "@keepsake/local/aws/lambda";
import { afterEach, beforeEach, describe, expect, vi } from "vitest";
import { png } from "../support/images.ts";
import { pendingPiece } from "../support/pieceDrafts.ts";
import { deliver, newOwner, request, testWithoutConsumers as test } from "../support/stack.ts";
import { fileOf } from "../support/uploadRequests.ts";

type Line = Record<string, unknown> & { message: string; _aws?: Embedded };
type Embedded = {
  Timestamp: number;
  CloudWatchMetrics: {
    Namespace: string;
    Dimensions: string[][];
    Metrics: { Name: MetricName; Unit: string }[];
  }[];
};

let lines: Line[] = [];

beforeEach(() => {
  vi.stubEnv("LOG_LEVEL", "INFO");
  vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "keepsake-my-stage-uploadPortraits");
  lines = [];
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    if (`${text}`.startsWith("{")) lines.push(JSON.parse(`${text}`));
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe("a line of the log is a metric in CloudWatch's format", () => {
  test("of a request, with the class of its error", async ({ stack, owner: { sub } }) => {
    await request(stack, "GET", "/worlds", { sub });
    await request(stack, "GET", "/worlds");
    await stack.sql`alter table worlds rename to unreachable`;
    await request(stack, "GET", "/worlds", { sub });
    await stack.sql`alter table unreachable rename to worlds`;

    const requests = lines.filter(({ message }) => message === "request");
    expect(requests.map(classOf)).toEqual([
      { status: 200, requests: 1, errors_4xx: 0, errors_5xx: 0 },
      { status: 401, requests: 1, errors_4xx: 1, errors_5xx: 0 },
      { status: 500, requests: 1, errors_4xx: 0, errors_5xx: 1 },
    ]);
    expect(requests[1]).toMatchObject({ code: "token.refused" });
    for (const line of requests) {
      expect(metricsOf(line)).toEqual(
        expect.arrayContaining(["requests", "errors_4xx", "errors_5xx", "ms"]),
      );
      expect(line).toMatchObject({ cpu_ms: expect.any(Number), memory_mb: expect.any(Number) });
    }
  });

  test("of a batch, with the CPU time and the memory of the decoder too", async ({
    stack,
    owner,
  }) => {
    const { piece_id } = await pendingPiece(owner, await png());
    await deliver(stack, "PortraitQueue", ["{", { piece_id, version: 1 }]);

    const batch = lineOf("batch");
    expect(metricsOf(batch).sort()).toEqual(["cpu_ms", "failed", "memory_mb", "messages"]);
    expect(batch).toMatchObject({ messages: 2, failed: 1, function: "uploadPortraits" });
    const own = process.resourceUsage().maxRSS / 1_024;
    expect(batch.memory_mb).toBeGreaterThan(own + 30);
    expect(batch.cpu_ms).toBeGreaterThan(0);
  });

  test("of every image, with the reason when it was rejected", async ({ stack, owner }) => {
    const whole = await png(256);
    const good = await pendingPiece(owner, await png());
    const bad = await pendingPiece(owner, whole.subarray(0, whole.length >> 1));
    const messages = [good, bad].map(({ piece_id }) => ({ piece_id, version: 1 }));
    await deliver(stack, "PortraitQueue", messages);
    await owner.client.upload(fileOf(await png(64, "#123123")));

    const images = lines.filter(({ message }) => message === "image");
    const rejected = images.find(({ piece_id }) => piece_id === bad.piece_id)!;
    expect(metricsOf(rejected)).toEqual(["rejected"]);
    expect(rejected.reason).toBe("image.damaged");
    expect(rejected._aws!.CloudWatchMetrics[0]!.Dimensions).toEqual([["stage", "reason"]]);
    const published = images.filter((image) => image !== rejected);
    expect(published.map(metricsOf)).toEqual([["published"], ["published"]]);
    expect(published[1]).toMatchObject({ upload_id: expect.any(String) });
  });

  test("of a run of the sweep, with how long erasures are overdue", async ({ stack }) => {
    await invoke(stack.functions.schedules.sweep, {});
    expect(metricsOf(lineOf("sweep"))).toEqual(["erasure_overdue_seconds"]);
    expect(lineOf("sweep")).toMatchObject({ erasure_overdue_seconds: 0, stage: "my-stage" });
  });
});

test("on a developer's machine a line has the same fields, and is no metric", async ({ stack }) => {
  vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "");
  await request(stack, "GET", "/worlds", { sub: newOwner(stack).sub });
  expect(lineOf("request")).toMatchObject({ requests: 1, errors_4xx: 0, ms: expect.any(Number) });
  expect(lineOf("request")).not.toHaveProperty("_aws");
});

const lineOf = (message: string) => lines.find((line) => line.message === message)!;

const classOf = ({ status, requests, errors_4xx, errors_5xx }: Line) => ({
  status,
  requests,
  errors_4xx,
  errors_5xx,
});

/** The names of a line's metrics. Fails unless CloudWatch would read all of them. */
function metricsOf(line: Line): MetricName[] {
  const { Timestamp, CloudWatchMetrics } = line._aws!;
  expect(Math.abs(Date.now() - Timestamp)).toBeLessThan(60_000);
  return CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) => {
    expect(Namespace).toBe("Keepsake");
    for (const name of Dimensions.flat()) expect(line[name]).toEqual(expect.any(String));
    expect(line.stage).toBe("my-stage");
    return Metrics.map(({ Name, Unit }) => {
      expect(line[Name], Name).toEqual(expect.any(Number));
      expect(Unit).toBe(metrics[Name].unit);
      return Name;
    });
  });
}
