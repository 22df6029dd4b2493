import { readFileSync } from "node:fs";
import type { Page } from "./openPage.ts";

const sampleMs = 250;

/** Samples the memory of a renderer until `stop`, which returns the sample with the most. */
export function watchMemory(renderer: number) {
  let most = memoryOf(renderer);
  const timer = setInterval(() => {
    const now = memoryOf(renderer);
    if (now.total > most.total) most = now;
  }, sampleMs);
  return {
    stop(): Memory {
      clearInterval(timer);
      return most;
    },
  };
}

/**
 * In megabytes, of the proportional set size: a page of memory that several processes share counts in part for each.
 * `anonymous` is the renderer's own; `shared` is for the browser's process, too: decoded pictures, for the most part.
 */
export type Memory = { total: number; anonymous: number; shared: number };

/** The memory of a process now, on Linux. */
export function memoryOf(pid: number): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const megabytes = (field: string) =>
    Math.round((Number(rollup.match(new RegExp(`^${field}:\\s+(\\d+)`, "m"))?.[1]) * 1_024) / 1e6);
  return {
    total: megabytes("Pss"),
    anonymous: megabytes("Pss_Anon"),
    shared: megabytes("Pss_Shmem"),
  };
}

/** The process that renders the page: of the browser's renderers, the one whose CPU time grows while the page works. */
export async function rendererOf(page: Page): Promise<number> {
  const times = async () => {
    const { processInfo } = await page.sendToBrowser("SystemInfo.getProcessInfo");
    const renderers: { type: string; id: number; cpuTime: number }[] = processInfo;
    return new Map(
      renderers.flatMap(({ type, id, cpuTime }) => (type === "renderer" ? [[id, cpuTime]] : [])),
    );
  };
  const before = await times();
  await page.evaluate(() => {
    const end = performance.now() + 300;
    while (performance.now() < end);
  });
  const after = await times();
  const used = (id: number) => after.get(id)! - (before.get(id) ?? 0);
  const [pid] = [...after.keys()].sort((a, b) => used(b) - used(a));
  if (pid === undefined) throw new Error("The browser has no renderer");
  return pid;
}
