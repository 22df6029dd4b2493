import type { ChildProcess } from "node:child_process";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import * as fs from "node:fs";
import * as http from "node:http";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { Log, LogLevel, Miniflare } from "miniflare";
import type { Credentials } from "../awsSignature.ts";
import { endProcess, processInfo } from "../leftoverProcesses.ts";
import { freePort } from "../listen.ts";

/** The simulator's path for reading every bucket without keys. Only the proxies use it. */
export const publicPath = "/cdn-cgi/local/r2/public";

type SimulatorRequest = {
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  body: Buffer[];
};

/** Resolves to the response, before its body was received. */
export type SendRequest = (request: SimulatorRequest) => Promise<http.IncomingMessage>;

export type SimulatorResponse = Readable & Pick<http.IncomingMessage, "statusCode" | "headers">;

/** Starts Cloudflare's R2 simulator in a process of its own, on a loopback port that only the proxies use. */
export async function startSimulator(directory: string, s3Credentials: Credentials) {
  fs.mkdirSync(directory, { recursive: true });
  const pidFile = join(directory, "workerd.json");
  await endOrphan(pidFile, directory);

  for (let attempt = 1; ; attempt += 1)
    try {
      return await startAt(await freePort(), directory, pidFile, s3Credentials);
    } catch (error) {
      // another program took the port before the simulator did
      const isTaken =
        error instanceof Error && "code" in error && error.code === "ERR_ADDRESS_IN_USE";
      if (!isTaken || attempt === maxAttempts) throw error;
    }
}

const maxAttempts = 5;

async function startAt(
  port: number,
  directory: string,
  pidFile: string,
  s3Credentials: Credentials,
) {
  const stopWatching = onWorkerdStart(port, (pid) =>
    fs.writeFileSync(pidFile, describeProcess(pid)),
  );
  const miniflare = withoutSignalListeners(
    () =>
      new Miniflare({
        host: "127.0.0.1",
        port,
        cf: false, // else it fetches its location from the internet
        modules: true,
        script: "export default { fetch: () => new Response(null, { status: 404 }) }",
        compatibilityDate: "2026-01-01",
        r2Persist: directory,
        r2Buckets: {
          images: { id: "images", s3Credentials },
          incoming: { id: "incoming", s3Credentials },
          private: { id: "private", s3Credentials },
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
    stopWatching();
    await miniflare.dispose();
    fs.rmSync(pidFile, { force: true });
  };
  try {
    await miniflare.ready;
  } catch (error) {
    await stop();
    throw error;
  }
  return { sendRequest: requestSender(port, agent), stop };
}

function requestSender(port: number, agent: http.Agent): SendRequest {
  return async function sendRequest({ body, ...options }) {
    const outgoing = http.request({ host: "127.0.0.1", port, agent, ...options });
    outgoing.on("error", () => {}); // an error after the response has no other listener
    const responded = once(outgoing, "response");
    for (const chunk of body) outgoing.write(chunk);
    outgoing.end();
    try {
      const [response] = await responded;
      return response;
    } catch (error) {
      // the simulator closed an idle connection while we reused it, and read nothing of the request
      if (outgoing.reusedSocket) return sendRequest({ body, ...options });
      throw error;
    }
  };
}

/** Removes the signal listeners of Miniflare, which end the process before everything else has stopped. */
function withoutSignalListeners<T>(work: () => T): T {
  const events = ["SIGINT", "SIGTERM", "message"] as const;
  const before = events.map((event) => process.rawListeners(event));
  const result = work();
  for (const [index, event] of events.entries())
    for (const listener of process.rawListeners(event))
      if (!before[index]?.includes(listener)) process.removeListener(event, listener as () => void);
  return result;
}

/**
 * Calls back with the id of every process that Miniflare starts for the port: it restarts one that crashed.
 * Returns a function that ends this.
 */
function onWorkerdStart(port: number, callback: (pid: number) => void) {
  const onSpawn = (message: unknown) => {
    const { process: child } = message as { process: ChildProcess };
    child.once("spawn", () => {
      if (child.spawnargs.includes(`--socket-addr=entry=127.0.0.1:${port}`))
        callback(child.pid ?? 0);
    });
  };
  subscribe("child_process", onSpawn);
  return () => unsubscribe("child_process", onSpawn);
}

const describeProcess = (pid: number) => JSON.stringify({ pid, ...processInfo(pid) });

/** Ends the simulator that an earlier run left on the directory after kill -9. Throws when that run is still alive. */
async function endOrphan(pidFile: string, directory: string) {
  const left = readJson(pidFile) as { pid: number; command?: string; parent?: number } | undefined;
  const info = left && processInfo(left.pid);
  if (!info || info.command !== left.command) return; // it ended; another process may have its id now
  if (info.parent === left.parent)
    throw new Error(`Process ${info.parent} already runs R2 on ${directory}: stop it first`);
  await endProcess(left.pid, "SIGKILL");
}

/** The content of a JSON file; undefined when it is missing or incomplete. */
function readJson(file: string): unknown {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
