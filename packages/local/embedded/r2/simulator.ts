import type { ChildProcess } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { Log, LogLevel, Miniflare } from "miniflare";
import { freePort } from "../listen.ts";
import { end, running } from "../processes.ts";

export type Credentials = { accessKeyId: string; secretAccessKey: string };

type Question = { method: string; path: string; headers: http.IncomingHttpHeaders; body: Buffer[] };
export type Ask = (question: Question) => Promise<http.IncomingMessage>;

/** Cloudflare's R2 simulator in a process of its own, on a loopback port that only the gates know. */
export async function startSimulator(directory: string, s3Credentials: Credentials) {
  fs.mkdirSync(directory, { recursive: true });
  const pidFile = join(directory, "workerd.json");
  await endOrphan(pidFile, directory);

  const port = await freePort();
  const forget = onWorkerd(port, (pid) => fs.writeFileSync(pidFile, describe(pid)));
  const miniflare = withoutSignalListeners(
    () =>
      new Miniflare({
        host: "127.0.0.1",
        port,
        cf: false, // or it asks the internet where it is
        modules: true,
        script: "export default { fetch: () => new Response(null, { status: 404 }) }",
        compatibilityDate: "2026-01-01",
        r2Persist: directory,
        r2Buckets: {
          images: { id: "images", s3Credentials },
          incoming: { id: "incoming", s3Credentials },
        },
        log: new Log(LogLevel.ERROR),
        handleRuntimeStdio(stdout: Readable, stderr: Readable) {
          stdout.resume();
          stderr.resume();
        },
      }),
  );
  const agent = new http.Agent({ keepAlive: true });
  const stop = async () => {
    agent.destroy();
    forget();
    await miniflare.dispose();
    fs.rmSync(pidFile, { force: true });
  };
  try {
    await miniflare.ready;
  } catch (error) {
    await stop();
    throw error;
  }
  return { ask: askAt(port, agent), stop };
}

/** Sends a request to the simulator and resolves to its answer, of which the body is still to come. */
function askAt(port: number, agent: http.Agent): Ask {
  return async function ask({ body, ...question }) {
    const outgoing = http.request({ host: "127.0.0.1", port, agent, ...question });
    outgoing.on("error", () => {}); // it may also come after the answer, when nobody waits for it
    const answered = once(outgoing, "response");
    for (const chunk of body) outgoing.write(chunk);
    outgoing.end();
    try {
      const [answer] = await answered;
      return answer;
    } catch (error) {
      // An idle connection that was closed in the moment it was taken up again: nothing was read.
      if (outgoing.reusedSocket) return ask({ body, ...question });
      throw error;
    }
  };
}

/** Miniflare ends the process on a signal, before anything else could stop in order. */
function withoutSignalListeners<T>(work: () => T): T {
  const events = ["SIGINT", "SIGTERM", "message"] as const;
  const before = events.map((event) => process.rawListeners(event));
  const result = work();
  for (const [index, event] of events.entries())
    for (const listener of process.rawListeners(event))
      if (!before[index]?.includes(listener)) process.removeListener(event, listener as () => void);
  return result;
}

/** Tells the id of every process that Miniflare starts for the port; it restarts one that crashed. */
function onWorkerd(port: number, tell: (pid: number) => void) {
  const seen = (message: unknown) => {
    const { process: child } = message as { process: ChildProcess };
    child.once("spawn", () => {
      if (child.spawnargs.includes(`--socket-addr=entry=127.0.0.1:${port}`)) tell(child.pid ?? 0);
    });
  };
  subscribe("child_process", seen);
  return () => unsubscribe("child_process", seen);
}

const describe = (pid: number) => JSON.stringify({ pid, ...running(pid) });

/** Ends the simulator that an earlier run, killed with -9, left on the directory. */
async function endOrphan(pidFile: string, directory: string) {
  const left = readJson(pidFile) as { pid: number; command?: string; parent?: number } | undefined;
  const found = left && running(left.pid);
  if (!found || found.command !== left.command) return; // it ended, and the number may be another's
  if (found.parent === left.parent)
    throw new Error(`Process ${found.parent} already runs R2 on ${directory}: stop it first`);
  await end(left.pid, "SIGKILL");
}

/** What a JSON file holds; undefined when it is missing or was cut short. */
function readJson(file: string): unknown {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
