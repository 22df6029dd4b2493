import { startProfile, stopProfile } from "./profile.ts";

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
  await work();
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1_000, wall: performance.now() - started };
}
