import { readdirSync, readFileSync } from "node:fs";

/** The decoder's processes that a process has started, by default this one. Linux only. */
export function decoderProcesses(parent = process.pid): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const [state = "Z", parentPid] = statOf(pid);
      if (state === "Z" || Number(parentPid) !== parent) return false;
      return readFileSync(`/proc/${pid}/cmdline`, "latin1").includes("decode.cjs");
    });
}

/** The CPU time that a process has taken, in ms; 0 when it has ended. */
export function cpuMsOf(pid: number): number {
  const stat = statOf(pid);
  return 10 * (Number(stat[11] ?? 0) + Number(stat[12] ?? 0));
}

export const isRunning = (pid: number) => !["Z", undefined].includes(statOf(pid)[0]);

/** The fields of a process after its name: state, parent, and so on. Empty when it has ended. */
function statOf(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

/**
 * Kills every decoder's process that works on one image for long, until `work` is done. Resolves to the
 * outcome of `work` and to how many were killed.
 */
export async function killBusyDecoders<T>(work: Promise<T>) {
  const killed = new Set<number>();
  const seen = new Map<number, number>();
  const timer = setInterval(() => {
    for (const pid of decoderProcesses()) {
      const cpuMs = cpuMsOf(pid);
      if (!seen.has(pid)) seen.set(pid, cpuMs);
      if (cpuMs - seen.get(pid)! < 200) continue; // to start takes about 100
      killed.add(pid);
      process.kill(pid, "SIGKILL");
    }
  }, 20);
  try {
    return { outcome: await work, killed: killed.size };
  } finally {
    clearInterval(timer);
  }
}
