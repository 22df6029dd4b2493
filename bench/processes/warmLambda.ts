import { readFileSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { handleCalls, measureUsage } from "../support/forkedProcess.ts";

/** A warm Lambda: handles events one after another, as Lambda passes them. */
const [file = ""] = process.argv.slice(2);
const { handler } = file.endsWith(".cjs")
  ? createRequire(import.meta.url)(file)
  : await import(file);
const context = { awsRequestId: "bench", getRemainingTimeInMillis: () => 60_000 };

type Response = { statusCode?: number; body?: string; batchItemFailures?: object[] };
let mostResident = 0;

handleCalls({
  handle: ({ events }: { events: object[] }) => measureUsage(() => handleAll(events)),

  /** Handles the same event several times; it comes from a file because it is large. */
  async repeat({ eventFile, times }: { eventFile: string; times: number }) {
    const event = JSON.parse(await readFile(eventFile, "utf8"));
    return measureUsage(() => handleAll(new Array(times).fill(event)));
  },

  /** Reads what this process and its children have resident every 10 ms. */
  watchMemory() {
    setInterval(recordMemory, 10).unref();
  },
  /** What is resident now, and the most of all together since the last call, in bytes. */
  memory() {
    const now = recordMemory();
    const peak = mostResident;
    mostResident = 0;
    return { ...now, peak };
  },
  /** The most memory that this process and each of its children have had, from now on, in bytes. */
  watchPeaks() {
    for (const pid of ["self", ...childPids()]) resetPeak(pid);
    setInterval(recordChildren, 20).unref();
    return { resident: residentOf("self", "VmRSS") };
  },
  peaks() {
    recordChildren();
    return { own: residentOf("self", "VmHWM"), children: [...peaksOfChildren.values()] };
  },
});

async function handleAll(events: object[]) {
  for (const event of events) assertSucceeded(await handler({ ...event }, context));
}

function assertSucceeded({ statusCode = 200, body, batchItemFailures = [] }: Response) {
  if (statusCode >= 300 || batchItemFailures.length > 0)
    throw new Error(`${statusCode} ${body} ${batchItemFailures.length}`);
}

const peaksOfChildren = new Map<string, number>();

function recordChildren() {
  for (const pid of childPids()) peaksOfChildren.set(pid, residentOf(pid, "VmHWM"));
}

const childPids = () =>
  readFileSync(`/proc/self/task/${process.pid}/children`, "latin1").split(" ").filter(Boolean);

/** As the kernel counts it; 0 of a process that has ended. */
function residentOf(pid: string, name: "VmHWM" | "VmRSS"): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "latin1");
    return 1_024 * Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Lets the kernel count the peak anew. */
const resetPeak = (pid: string) => writeFileSync(`/proc/${pid}/clear_refs`, "5");

function recordMemory() {
  const own = residentOf("self", "VmRSS");
  const children = childPids().map((pid) => residentOf(pid, "VmRSS"));
  mostResident = Math.max(
    mostResident,
    children.reduce((sum, each) => sum + each, own),
  );
  return { own, children };
}
