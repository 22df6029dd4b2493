import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ProfileLine } from "./row.ts";

export type Subject = Awaited<ReturnType<typeof subject>>;

type SubjectOptions = {
  env?: Record<string, string>;
  args?: string[];
  cwd?: string;
  execArgv?: string[];
};

/**
 * A process of its own that is measured, or that stands in for something outside. `file` is one of
 * `processes/`, or a peer: it hands what it can do to `serve`.
 */
export async function subject(file: string, options: SubjectOptions = {}) {
  const path = fileURLToPath(new URL(`../${file}`, import.meta.url));
  const { PATH = "", NODE_EXTRA_CA_CERTS = "" } = process.env;
  const child = fork(path, options.args ?? [], {
    cwd: options.cwd,
    execArgv: options.execArgv ?? [],
    env: { PATH, NODE_EXTRA_CA_CERTS, ...options.env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  let said = "";
  for (const stream of [child.stdout!, child.stderr!])
    stream.on("data", (chunk) => {
      said = (said + chunk).slice(-4_000);
    });
  const ended = once(child, "exit");
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let asked = 0;

  child.on("message", ({ id, value, error }: { id: number; value: unknown; error?: string }) => {
    const { resolve, reject } = waiting.get(id)!;
    waiting.delete(id);
    if (error === undefined) resolve(value);
    else reject(new Error(`${file}: ${error}`));
  });
  child.on("exit", (code) => {
    for (const { reject } of waiting.values())
      reject(new Error(`${file} ended with ${code}: ${said}`));
  });

  return {
    /** Has it do one thing, and resolves to what that gives. */
    ask<Value>(name: string, input: unknown = {}): Promise<Value> {
      return new Promise((resolve, reject) => {
        asked += 1;
        waiting.set(asked, { resolve: resolve as (value: unknown) => void, reject });
        child.send({ id: asked, name, input });
      });
    },
    /** Where its main thread's time goes while it does some work. */
    async profile(work: () => Promise<unknown>): Promise<ProfileLine[]> {
      await this.ask("startProfile");
      await work();
      return this.ask("stopProfile");
    },
    async stop() {
      if (child.connected) child.disconnect();
      const late = setTimeout(() => child.kill("SIGKILL"), 5_000);
      if (child.exitCode === null && child.signalCode === null) await ended;
      clearTimeout(late);
    },
  };
}
