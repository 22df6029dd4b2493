type Work = Record<string, (input: never) => unknown>;
type Request = { id: number; name: string; input: never };

/** The other end of `subject`: does what its parent asks for, and ends with it. */
export function serve(work: Work) {
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
