import { readFileSync, writeFileSync } from "node:fs";
import { processDecoder } from "@keepsake/adapters/decoder/processDecoder";
import { sanitizeImage } from "@keepsake/core/imaging/sanitizeImage";
import { imageLimits, portraitLimits, validateHeader } from "@keepsake/core/imaging/validateHeader";
import { cpuMsOf, decoderProcesses } from "../../support/decoderProcesses.ts";
import { png } from "../../support/images.ts";
import type { HostileImage } from "../hostile/hostileImage.ts";
import type { ImageWork } from "../imageTable.ts";
import { formatOf } from "./formatOf.ts";

/** Measures what each file takes of the decoder's process, as an image and as a portrait. Linux only. */
export async function measureImageWork(images: HostileImage[]): Promise<ImageWork> {
  const others = new Set(decoderProcesses());
  const own = () => decoderProcesses().filter((pid) => !others.has(pid));
  const decoder = processDecoder({ processes: 1 });
  const work: ImageWork = {};
  for (const image of [undefined, ...images]) {
    const bytes = image ? await image.bytes() : await png(); // the first starts the process
    const before = new Map(own().map((pid) => [pid, cpuMsOf(pid)]));
    for (const pid of before.keys()) writeFileSync(`/proc/${pid}/clear_refs`, "5"); // forgets its peak
    let isDecoded = false;
    for (const limits of [imageLimits, portraitLimits])
      try {
        validateHeader(bytes, limits);
        isDecoded = true;
        const as = limits === portraitLimits ? "png" : undefined;
        await sanitizeImage(decoder, bytes, limits, { as });
      } catch {
        // rejected: what it took until then counts
      }
    if (!image) continue;
    if (!isDecoded) continue;
    const format = formatOf(bytes);
    const taken = work[format] ?? { cpuMs: 0, memoryBytes: 0 };
    work[format] = taken;
    for (const pid of own()) {
      if (!before.has(pid)) continue; // started for this file: mostly its start would be measured
      taken.cpuMs = Math.max(taken.cpuMs, cpuMsOf(pid) - before.get(pid)!);
      taken.memoryBytes = Math.max(taken.memoryBytes, peakMemory(pid));
    }
  }
  return work;
}

function peakMemory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return 1_024 * Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
}
