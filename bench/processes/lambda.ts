import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { serve, spent } from "../support/childProcess.ts";

/** A Lambda that stays warm: handles events one after another, as Lambda hands them over. */
const [file = ""] = process.argv.slice(2);
const { handler } = file.endsWith(".cjs")
  ? createRequire(import.meta.url)(file)
  : await import(file);
const context = { awsRequestId: "bench", getRemainingTimeInMillis: () => 60_000 };

type Answer = { statusCode?: number; body?: string; batchItemFailures?: object[] };
let peak = { resident: 0, held: 0 };

serve({
  /** Events one after another; `atOnce` is as many side by side, as many Lambdas would. */
  handle: ({ events, atOnce = 1 }: { events: object[]; atOnce?: number }) =>
    spent(() => handled(events, atOnce)),

  /** The same event, from a file because it is large, that often. */
  async repeat({ eventFile, times }: { eventFile: string; times: number }) {
    const event = JSON.parse(await readFile(eventFile, "utf8"));
    return spent(() => handled(new Array(times).fill(event), 1));
  },

  /** Looks at its memory every so many milliseconds; collects the garbage first when told to. */
  watchMemory({ everyMs, collecting }: { everyMs: number; collecting: boolean }) {
    setInterval(() => {
      if (collecting) global.gc!();
      note();
    }, everyMs).unref();
  },
  /** The most memory since the last time it was asked, and what it has now, in bytes. */
  memory() {
    const most = peak;
    peak = { resident: 0, held: 0 };
    if (global.gc) global.gc();
    note();
    return { peak: most, now: peak };
  },
});

async function handled(events: object[], atOnce: number) {
  const next = events.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const event of next) accept(await handler({ ...event }, context));
    }),
  );
}

function accept({ statusCode = 200, body, batchItemFailures = [] }: Answer) {
  if (statusCode >= 300 || batchItemFailures.length > 0)
    throw new Error(`${statusCode} ${body} ${batchItemFailures.length}`);
}

function note() {
  const { rss, heapUsed, external } = process.memoryUsage();
  peak = {
    resident: Math.max(peak.resident, rss),
    held: Math.max(peak.held, heapUsed + external),
  };
}
