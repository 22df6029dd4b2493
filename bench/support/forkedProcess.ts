import { readdirSync, readFileSync } from "node:fs";
import { startProfile, stopProfile } from "./cpuProfile.ts";

type Functions = Record<string, (input: never) => unknown>;
type Call = { id: number; name: string; input: never };

/** The child's end of `forkProcess`: runs the functions that the parent calls, and ends with the parent. */
export function handleCalls(own: Functions) {
  const functions: Functions = { ...own, startProfile, stopProfile };
  process.on("message", async ({ id, name, input }: Call) => {
    try {
      process.send!({ id, value: await functions[name]!(input) });
    } catch (error) {
      process.send!({ id, error: error instanceof Error ? error.stack : String(error) });
    }
  });
  process.on("disconnect", () => process.exit());
}

/** What `work` took in milliseconds: CPU of the whole process, all threads, and wall time. */
export async function measureUsage(
  work: () => Promise<unknown>,
): Promise<{ cpu: number; wall: number }> {
  const started = performance.now();
  const before = process.cpuUsage();
  const beforeInChildren = childrenCpuMs();
  await work();
  const { user, system } = process.cpuUsage(before);
  const inChildren = childrenCpuMs() - beforeInChildren;
  return { cpu: (user + system) / 1_000 + inChildren, wall: performance.now() - started };
}

/** Milliseconds that this process and its living children, such as the decoder's, have used. */
export function cpuWithChildren(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000 + childrenCpuMs();
}

/** The CPU time of this process' children that are alive, such as the decoder's, to 10 ms. */
function childrenCpuMs(): number {
  let ticks = 0; // 100 a second
  for (const name of readdirSync("/proc").filter((each) => /^\d+$/.test(each)))
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(fields[1]) === process.pid) ticks += Number(fields[11]) + Number(fields[12]);
    } catch {} // it has ended meanwhile
  return 10 * ticks;
}
