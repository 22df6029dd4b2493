import { startProfile, stopProfile } from "./profile.ts";

type Work = Record<string, (input: never) => unknown>;
type Request = { id: number; name: string; input: never };

/** The other end of `subject`: does what its parent asks for, profiles itself, and ends with it. */
export function serve(own: Work) {
  const work: Work = { ...own, startProfile, stopProfile };
  process.on("message", async ({ id, name, input }: Request) => {
    try {
      process.send!({ id, value: await work[name]!(input) });
    } catch (error) {
      process.send!({ id, error: error instanceof Error ? error.stack : String(error) });
    }
  });
  process.on("disconnect", () => process.exit());
}

/** What a piece of work took, in milliseconds: CPU of the whole process, all threads, and wall time. */
export async function spent(work: () => Promise<unknown>): Promise<{ cpu: number; wall: number }> {
  const started = performance.now();
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1_000, wall: performance.now() - started };
}
