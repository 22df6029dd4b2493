import { createClient, type Export } from "@keepsake/client";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";

const export_id = "0f6cf1a2-9f4e-4c7f-b0c8-7f1d9f2f1e10";
type Answer = Partial<Pick<Export, "status" | "error" | "files">>;

/** A client of an API that gives these answers about the export, the last one again and again. */
function clientOf(...answers: Answer[]) {
  const asked: number[] = [];
  const fetch = async () => {
    const answer = answers[asked.length] ?? answers.at(-1);
    asked.push(Date.now());
    return Response.json({ export: { export_id, error: null, files: [], ...answer } });
  };
  return { client: createClient({ baseUrl: "http://127.0.0.1:1", token: "token", fetch }), asked };
}

const pending: Answer = { status: "pending" };

describe("client.waitForExport", () => {
  beforeAll(async () => {
    await clientOf({ status: "ready" }).client.waitForExport(export_id); // is imported when it is first used
  });
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("resolves to the export as it is once it is ready", async () => {
    const files = [{ url: "https://r2/1.zip", filename: "1.zip", bytes: 1, sha256: "00" }];
    const { client, asked } = clientOf(pending, pending, { status: "ready", files });
    const waiting = client.waitForExport(export_id);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await waiting).toMatchObject({ status: "ready", files });
    expect(asked).toHaveLength(3);
  });

  test("asks at once, soon again, and every 10 s later", async () => {
    const { client, asked } = clientOf(pending);
    const waiting = client.waitForExport(export_id, { timeoutMs: 120_000 }).catch(() => {});
    await vi.advanceTimersByTimeAsync(120_000);
    await waiting;
    const pauses = asked.slice(1).map((at, index) => at - asked[index]!);
    expect(pauses[0]).toBe(500);
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
    expect(pauses.at(-1)).toBe(10_000);
    expect(asked.length).toBeLessThan(20);
  });

  test.for([
    [undefined, 15 * 60],
    [30_000, 30],
  ])("with timeoutMs %j throws export.late within %i s", async ([timeoutMs, seconds]) => {
    const { client } = clientOf(pending);
    const started = Date.now();
    const late = client.waitForExport(export_id, timeoutMs === undefined ? {} : { timeoutMs });
    const failed = late.catch((error) => ({ error, after: Date.now() - started }));
    await vi.advanceTimersByTimeAsync(20 * 60_000);
    const { error, after } = (await failed) as { error: unknown; after: number };
    expect(error).toMatchObject({ code: "export.late", details: { export_id } });
    expect(after).toBeLessThanOrEqual(seconds! * 1_000);
    expect(after).toBeGreaterThan(seconds! * 1_000 - 10_000);
  });

  test("throws the error of an export that failed", async () => {
    const error = { code: "export.failed", message: "Export the dataset again" } as const;
    const { client } = clientOf({ status: "failed", error });
    await expect(client.waitForExport(export_id)).rejects.toMatchObject({
      name: "KeepsakeError",
      ...error,
      details: { export_id },
    });
  });

  test("throws when the files of the export have been removed", async () => {
    const { client } = clientOf({ status: "expired" });
    await expect(client.waitForExport(export_id)).rejects.toMatchObject({
      code: "export.not_found",
      details: { export_id },
    });
  });

  test("rejects with the reason of its signal at once while it waits, and asks no more", async () => {
    const { client, asked } = clientOf(pending);
    const stop = new AbortController();
    const rejected = client
      .waitForExport(export_id, { signal: stop.signal })
      .catch((reason) => [reason, Date.now()]);
    await vi.advanceTimersByTimeAsync(600);
    expect(asked).toHaveLength(2);
    stop.abort("closed");
    expect(await rejected).toEqual(["closed", Date.now()]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(2);
  });
});
