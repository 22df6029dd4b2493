import type { DecoderJob } from "@keepsake/core/decoderJob";
import { afterEach, describe, expect, test, vi } from "vitest";
import { decoderProcesses } from "../support/decoderProcesses.ts";
import { png } from "../support/images.ts";

describe("a Lambda function", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  test.for([
    { megabytes: "1024", processes: 1 },
    { megabytes: "1769", processes: 1 },
    { megabytes: "3008", processes: 2 },
  ])(
    "of $megabytes MB starts a decoder's process for each vCPU and no more: $processes",
    async ({ megabytes, processes }) => {
      vi.stubEnv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", megabytes);
      const { decoder } = await import("@keepsake/functions/services/decoder");
      const before = decoderProcesses();
      const job = checkOf(await png());
      await Promise.all(Array.from({ length: 6 }, () => decoder().run(job)));
      const started = decoderProcesses().filter((pid) => !before.includes(pid));
      expect(started).toHaveLength(processes);
    },
  );
});

const checkOf = (bytes: Buffer): DecoderJob => ({
  bytes,
  accepts: { format: "png", minSidePx: 16, sidePx: 12_000, pixels: 40_000_000 },
  bounds: { cpuMs: 10_000, memoryBytes: 1_000_000_000, wallMs: 20_000 },
  steps: { check: true },
});
