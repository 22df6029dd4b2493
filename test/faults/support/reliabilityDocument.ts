import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const file = resolve(import.meta.dirname, "../../../docs/reliability.md");
export const isFull = process.env.FAULTS === "all";

/**
 * Writes a test's results into its section of docs/reliability.md. `npm test` and `FAULTS=all` have a
 * section each and leave the other's unchanged. The file is written only when its text changes.
 */
export function writeReport(section: string, lines: string[]) {
  const name = isFull ? `${section}:all` : section;
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  withLock(() => {
    const before = readFileSync(file, "utf8");
    const from = before.indexOf(start);
    const to = before.indexOf(end);
    if (from < 0 || to < from) throw new Error(`${file} has no section ${name}`);
    const after = `${before.slice(0, from + start.length)}\n${lines.join("\n")}\n${before.slice(to)}`;
    if (after !== before) writeFileSync(file, after);
  });
}

/** Test files run concurrently and share the document. */
function withLock(work: () => void) {
  const lock = join(tmpdir(), "keepsake-reliability.lock");
  for (let attempt = 0; ; attempt += 1) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      if (attempt > 100) break; // a run that was killed has left the lock
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
  try {
    work();
  } finally {
    rmdirSync(lock);
  }
}
