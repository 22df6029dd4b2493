import { startScheduler } from "@keepsake/local/aws/scheduler";
import { expect, test, vi } from "vitest";

test("npm start runs the sweep every SWEEP_MINUTES", async () => {
  vi.useFakeTimers();
  let runs = 0;
  const handler = async () => {
    runs += 1;
  };
  const scheduler = startScheduler(
    { sweep: { name: "sweep", handler, timeoutMs: 60_000 } },
    { sweep: 5 },
  );

  await vi.advanceTimersByTimeAsync(4.9 * 60_000);
  expect(runs).toBe(0);
  await vi.advanceTimersByTimeAsync(6 * 60_000);
  expect(runs).toBe(2);

  scheduler.stop();
  vi.useRealTimers();
});
