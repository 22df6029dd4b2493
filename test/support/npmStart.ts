import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** What a product reads from `local.json`. This file imports nothing of Keepsake, and neither may its users. */
export type Addresses = {
  pid: number;
  studio: string;
  api: string;
  stream: string;
  cdn: string;
  r2: string;
  telegram: string;
  image_hosts: string;
  service_key: string;
  webhook_secret: string;
};

type Options = {
  /** The folder to run `npm start` in; the repository when not given. Its data is in a folder of its own. */
  cwd?: string;
  /** The data folder; a new one, which is deleted at the end, when not given. */
  home?: string;
  env?: Record<string, string>;
};

export type NpmStart = Awaited<ReturnType<typeof startSystem>>;

/**
 * Runs `npm start` in a process of its own until its API responds, with the API on any free port. Throws with
 * what it printed when it ends before. `stop` ends it and every process that it started.
 */
export async function startSystem({ cwd = root, home, env: own = {} }: Options = {}) {
  const folder = home ?? mkdtempSync(join(tmpdir(), "keepsake-product-"));
  const { DATABASE_URL: _, R2_ENDPOINT: __, SQS_ENDPOINT: ___, ...env } = process.env;
  const npm = spawn("npm", ["start"], {
    cwd,
    env: { ...env, KEEPSAKE_HOME: folder, PORT: "0", LOG_LEVEL: "SILENT", ...own },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [npm.stdout, npm.stderr])
    stream.on("data", (text) => {
      output += text;
    });

  async function stop() {
    await terminate(npm, folder);
    if (home === undefined) rmSync(folder, { recursive: true, force: true });
  }
  try {
    return { ...(await addresses(npm, folder)), home: folder, stop };
  } catch (cause) {
    await stop();
    throw new Error(`npm start did not come up:\n${output}`, { cause });
  }
}

const root = resolve(import.meta.dirname, "../..");

async function addresses(npm: ChildProcess, home: string): Promise<Addresses> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(50)) {
    if (npm.exitCode !== null) throw new Error(`npm start ended with ${npm.exitCode}`);
    try {
      const local: Addresses = JSON.parse(readFileSync(join(home, "local.json"), "utf8"));
      if ((await fetch(`${local.api}/health`)).ok) return local;
    } catch {
      // not yet
    }
  }
  throw new Error("npm start took more than 60 s");
}

async function terminate(npm: ChildProcess, home: string) {
  if (npm.exitCode === null && npm.signalCode === null) {
    npm.kill("SIGTERM");
    await once(npm, "exit");
  }
  // npm may end shortly before the processes that it started
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(50))
    if (!namesAny(home)) return;
}

/** Whether another process has this folder in its command line or environment. */
function namesAny(folder: string) {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => Number(pid) !== process.pid)
    .some((pid) => (read(pid, "cmdline") + read(pid, "environ")).includes(folder));
}

function read(pid: string, file: string) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return ""; // it ended
  }
}
