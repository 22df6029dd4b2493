import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** The command line and the parent's id of a process; undefined when it has ended. */
export function processInfo(pid: number) {
  return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
}

/** Signals a process that an earlier run left, and waits until it has ended. Throws after 10 s. */
export async function endProcess(pid: number, signal: NodeJS.Signals) {
  process.kill(pid, signal);
  for (const deadline = Date.now() + 10_000; processInfo(pid); await sleep(20))
    if (Date.now() > deadline)
      throw new Error(
        `Process ${pid} was left by an earlier run and does not end: run kill -9 ${pid}`,
      );
}

/** Reads /proc, because slim containers have no `ps`. */
function fromProc(pid: number) {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    if (!command) return undefined; // a zombie
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the name before it may contain spaces
    return { command, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

function fromPs(pid: number) {
  const columns = ["-o", "ppid=", "-o", "command="];
  const { stdout } = spawnSync("ps", ["-ww", ...columns, "-p", String(pid)], { encoding: "utf8" });
  const [, parent, command] = /^\s*(\d+)\s+(.+)/.exec(stdout) ?? [];
  return command ? { command: command.trim(), parent: Number(parent) } : undefined;
}
