import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { ResultMessage, RunMessage } from "./testProcess.ts";

export type Outcome = {
  isCaught: boolean;
  /** The test that failed, or that the tests did not end. */
  reason: string;
};

/**
 * Runs test files of the repository in `root`, in a process of its own that keeps its backends from one run
 * to the next. Tests that do not end within `timeoutMs` count as failed, and get a new process.
 */
export function testRunner(root: string, temporary: string) {
  let running: ChildProcess | undefined;
  const changed = new Set<string>();

  async function start() {
    const child = fork(join(import.meta.dirname, "testProcess.ts"), {
      cwd: root,
      detached: true, // so that `kill` ends the workers and the backends too
      env: { ...process.env, TMPDIR: temporary },
    });
    const [first] = await Promise.race([once(child, "message"), once(child, "exit")]);
    if (first !== "ready") throw new Error("Vitest did not start");
    running = child;
    return child;
  }

  return {
    /** Runs these tests, or the whole suite without them, up to the first failure. */
    async run(tests: string[] | undefined, timeoutMs: number): Promise<Outcome> {
      const child = running ?? (await start());
      child.send({ tests, changed: [...changed] } satisfies RunMessage);
      changed.clear();
      const isOver = new AbortController();
      const timeout = AbortSignal.timeout(timeoutMs);
      const signal = AbortSignal.any([timeout, isOver.signal]);
      try {
        const [result] = (await Promise.race([
          once(child, "message", { signal }),
          once(child, "exit", { signal }).then(() => [{ failure: "the test process ended" }]),
        ])) as [ResultMessage];
        if (child.exitCode !== null) running = undefined;
        if (result.error !== undefined) throw new Error(result.error);
        return { isCaught: result.failure !== null, reason: result.failure ?? "" };
      } catch (error) {
        if (!timeout.aborted) throw error;
        running = undefined;
        process.kill(-child.pid!, "SIGKILL");
        return { isCaught: true, reason: `did not end within ${timeoutMs / 1_000} s` };
      } finally {
        isOver.abort(); // removes the listeners that lost
      }
    },
    /** A source file was changed: the next run reads it again. */
    invalidate(file: string) {
      changed.add(file);
    },
    /** The next run starts new backends. */
    async stop() {
      const child = running;
      running = undefined;
      if (!child || child.exitCode !== null) return;
      child.disconnect();
      await once(child, "exit");
    },
  };
}
