import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import connect from "postgres";
import { endProcess, processInfo } from "../leftoverProcesses.ts";
import { type Account, commandAs } from "./osAccount.ts";

export type Server = ReturnType<typeof startServer>;

type ServerOptions = {
  data: string;
  binaries: string;
  account: Account;
  port: number;
  log: string;
};

export function startServer({ data, binaries, account, port, log }: ServerOptions) {
  const settings = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    "shared_buffers=64MB",
    "timezone=UTC",
    // the caller gets a statement's error; its text may quote a row, and rows do not belong in logs
    "log_min_messages=log",
    `keepsake.owner=${process.pid}`,
  ];
  const args = ["-D", data, "-p", `${port}`, ...settings.flatMap((setting) => ["-c", setting])];
  const [program, rest, options] = commandAs(account, join(binaries, "bin", "postgres"), args);

  const output = fs.openSync(log, "a", 0o600);
  if (account.uid !== undefined && account.gid !== undefined)
    fs.fchownSync(output, account.uid, account.gid);
  const logStart = fs.fstatSync(output).size;
  // detached, so that Ctrl+C in the terminal reaches only us: we stop the server after its clients
  const stdio = ["ignore" as const, output, output];
  const child = spawn(program, rest, { ...options, cwd: data, stdio, detached: true });
  fs.closeSync(output);

  let hasEnded = false;
  let spawnError = "";
  const ended = new Promise<string>((resolve) => {
    child.once("exit", () => resolve(""));
    child.once("error", (error) => resolve(`${error}`));
  }).then((error) => {
    hasEnded = true;
    spawnError = error;
  });

  return {
    hasEnded: () => hasEnded,
    /** The last ten lines that it logged, and why it could not be spawned. */
    lastLogLines() {
      const logged = fs.readFileSync(log).subarray(logStart).toString().trim();
      return [...logged.split("\n").slice(-10), spawnError].join("\n").trim();
    },
    /** Disconnects the clients, writes everything to disk, and resolves when the process has ended. */
    async stop() {
      if (!hasEnded) child.kill("SIGINT");
      await ended;
    },
  };
}

/** Resolves when the server accepts connections and is the one on our data. Throws when it ended, or after 60 s. */
export async function waitUntilReady(server: Server, url: string, data: string) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    if (server.hasEnded()) throw new Error("The server ended");
    const sql = connect(url, { max: 1, connect_timeout: 2 });
    try {
      const [row] = await sql<{ data_directory: string }[]>`show data_directory`;
      if (row?.data_directory === data) return;
      throw new Error("Another Postgres responds on the port");
    } catch (error) {
      if (Date.now() > deadline) throw error;
    } finally {
      await sql.end({ timeout: 1 });
    }
    await sleep(20);
  }
}

/** Ends the server that an earlier run left on the data after kill -9. Throws when that run is still alive. */
export async function endOrphan(data: string) {
  const file = join(data, "postmaster.pid");
  if (!fs.existsSync(file)) return;
  const pid = Number.parseInt(fs.readFileSync(file, "utf8"), 10);
  const info = pid > 1 ? processInfo(pid) : undefined;
  if (!info?.command.includes(` -D ${data} `)) return fs.rmSync(file); // the id was reused, or is free

  const [, owner] = /keepsake\.owner=(\d+)/.exec(info.command) ?? [];
  if (info.parent === Number(owner))
    throw new Error(`Process ${owner} already runs Postgres on ${data}: stop it first`);
  await endProcess(pid, "SIGINT");
}
