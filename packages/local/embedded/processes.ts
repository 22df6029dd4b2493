import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** The command line and the parent of a process; undefined when it has ended. */
export function running(pid: number) {
  return process.platform === "linux" ? fromProc(pid) : fromPs(pid);
}

/** Signals a process that an earlier run left behind and waits until it is gone, 10 s at most. */
export async function end(pid: number, signal: NodeJS.Signals) {
  process.kill(pid, signal);
  for (const deadline = Date.now() + 10_000; running(pid); await sleep(20))
    if (Date.now() > deadline)
      throw new Error(
        `Process ${pid} is left from an earlier run and does not end: kill -9 ${pid}`,
      );
}

/** Not `ps`: slim containers come without it. */
function fromProc(pid: number) {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
    if (!command) return undefined; // a zombie
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const [, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // its name may hold spaces
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
