import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

/** A new Lambda: loads a bundle, handles one event, reports what both took, and ends. */
const [file = "", eventFile = ""] = process.argv.slice(2);
const event = JSON.parse(await readFile(eventFile, "utf8"));
const context = { awsRequestId: "first", getRemainingTimeInMillis: () => 60_000 };

const started = performance.now();
const before = process.cpuUsage();
// as Lambda's runtime does
const { handler } = file.endsWith(".cjs")
  ? createRequire(import.meta.url)(file)
  : await import(file);
const loaded = performance.now();
const response = await handler(event, context);
const { user, system } = process.cpuUsage(before);
const ended = performance.now();
const inChildren = childrenCpuMs();
const all = process.cpuUsage();

process.send(
  {
    response,
    sample: {
      cpu: (user + system) / 1_000 + inChildren,
      cpuWithNode: (all.user + all.system) / 1_000 + inChildren,
      inChildren,
      load: loaded - started,
      wall: ended - started,
    },
  },
  () => process.exit(),
);

/** The CPU time of its child processes since they were started, all threads, as Linux's scheduler counts it. */
function childrenCpuMs() {
  const pids = readFileSync(`/proc/self/task/${process.pid}/children`, "latin1");
  return pids
    .split(" ")
    .filter(Boolean)
    .flatMap((pid) =>
      readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`),
    )
    .map((thread) => Number(readFileSync(`${thread}/schedstat`, "latin1").split(" ")[0]) / 1e6)
    .reduce((sum, ms) => sum + ms, 0);
}
