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
let peak = { resident: 0, held: 0 };

handleCalls({
  /** Handles events one after another, or `atOnce` concurrently, as several Lambdas would. */
  handle: ({ events, atOnce = 1 }: { events: object[]; atOnce?: number }) =>
    measureUsage(() => handleAll(events, atOnce)),

  /** Handles the same event several times; it comes from a file because it is large. */
  async repeat({ eventFile, times }: { eventFile: string; times: number }) {
    const event = JSON.parse(await readFile(eventFile, "utf8"));
    return measureUsage(() => handleAll(new Array(times).fill(event), 1));
  },

  /** Reads this process's memory every `everyMs`, after a garbage collection if `collecting`. */
  watchMemory({ everyMs, collecting }: { everyMs: number; collecting: boolean }) {
    setInterval(() => {
      if (collecting) global.gc!();
      recordMemory();
    }, everyMs).unref();
  },
  /** Peak memory since the last call and memory now, after a garbage collection if possible, in bytes. */
  memory() {
    const previous = peak;
    peak = { resident: 0, held: 0 };
    if (global.gc) global.gc();
    recordMemory();
    return { peak: previous, now: peak };
  },
});

async function handleAll(events: object[], atOnce: number) {
  const next = events.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const event of next) assertSucceeded(await handler({ ...event }, context));
    }),
  );
}

function assertSucceeded({ statusCode = 200, body, batchItemFailures = [] }: Response) {
  if (statusCode >= 300 || batchItemFailures.length > 0)
    throw new Error(`${statusCode} ${body} ${batchItemFailures.length}`);
}

function recordMemory() {
  const { rss, heapUsed, external } = process.memoryUsage();
  peak = {
    resident: Math.max(peak.resident, rss),
    held: Math.max(peak.held, heapUsed + external),
  };
}
