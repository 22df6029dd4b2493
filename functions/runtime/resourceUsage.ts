import type { DecoderUsage } from "@keepsake/adapters/decoder/processDecoder";

let decoderUsage: (() => DecoderUsage) | undefined;

/** Adds what the decoder's processes use to what is logged, and makes it metrics of this function. */
export function includeDecoder(usage: () => DecoderUsage) {
  decoderUsage = usage;
}

/**
 * Starts to measure an invocation. The result gives the CPU time since then, and the most memory that this
 * container has used: an upper bound, because processes share some of it. Functions that decode have them
 * as metrics, the others as fields, which cost nothing. Several invocations in one process, as on a
 * developer's machine, are measured together.
 */
export function measureResources() {
  const before = process.cpuUsage();
  const decodedBefore = decoderUsage?.().cpuMs ?? 0;
  return () => {
    const { user, system } = process.cpuUsage(before);
    const decoder = decoderUsage?.();
    const cpuMs = (user + system) / 1_000 + (decoder ? decoder.cpuMs - decodedBefore : 0);
    const bytes = process.resourceUsage().maxRSS * 1_024 + (decoder?.peakBytes ?? 0);
    const used = { cpu_ms: Math.round(cpuMs), memory_mb: Math.round(bytes / 1_048_576) };
    return { used, metrics: decoder ? used : {} };
  };
}
