import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ProfileLine } from "./cpuProfile.ts";

export type MeasuredProcess = Awaited<ReturnType<typeof forkProcess>>;

type ProcessOptions = {
  env?: Record<string, string>;
  args?: string[];
  cwd?: string;
  execArgv?: string[];
};

/**
 * Starts a process that is measured, or that stands in for something outside. `file` is one of
 * `processes/` or `peers/`: it passes its functions to `handleCalls`.
 */
export async function forkProcess(file: string, options: ProcessOptions = {}) {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  const { PATH = "", NODE_EXTRA_CA_CERTS = "" } = process.env;
  const child = fork(path, options.args ?? [], {
    cwd: options.cwd,
    execArgv: options.execArgv ?? [],
    env: { PATH, NODE_EXTRA_CA_CERTS, ...options.env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let output = "";
  for (const stream of [child.stdout!, child.stderr!])
    stream.on("data", (chunk) => {
      output = (output + chunk).slice(-4_000);
    });
  const ended = once(child, "exit");
  const calls = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let lastId = 0;

  child.on("message", ({ id, value, error }: { id: number; value: unknown; error?: string }) => {
    const { resolve, reject } = calls.get(id)!;
    calls.delete(id);
    if (error === undefined) resolve(value);
    else reject(new Error(`${file}: ${error}`));
  });
  child.on("exit", (code) => {
    for (const { reject } of calls.values())
      reject(new Error(`${file} ended with ${code}: ${output}`));
  });

  return {
    /** Calls one of its functions and resolves to the result. */
    call<Value>(name: string, input: unknown = {}): Promise<Value> {
      return new Promise((resolve, reject) => {
        lastId += 1;
        calls.set(lastId, { resolve: resolve as (value: unknown) => void, reject });
        child.send({ id: lastId, name, input });
      });
    },
    /** Where its main thread's time goes during `work`. */
    async profile(work: () => Promise<unknown>): Promise<ProfileLine[]> {
      await this.call("startProfile");
      await work();
      return this.call("stopProfile");
    },
    /** Disconnects, and kills a process that has not ended after 5 s. */
    async stop() {
      if (child.connected) child.disconnect();
      const timeout = setTimeout(() => child.kill("SIGKILL"), 5_000);
      if (child.exitCode === null && child.signalCode === null) await ended;
      clearTimeout(timeout);
    },
  };
}
