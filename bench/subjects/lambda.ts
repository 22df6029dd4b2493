import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { serve, spent } from "../support/serve.ts";

/** A Lambda that stays warm: handles events one after another, as Lambda hands them over. */
const [file = ""] = process.argv.slice(2);
const { handler } = file.endsWith(".cjs")
  ? createRequire(import.meta.url)(file)
  : await import(file);
const context = { awsRequestId: "bench", getRemainingTimeInMillis: () => 60_000 };

type Answer = { statusCode?: number; body?: string; batchItemFailures?: object[] };
let peakRss = 0;

serve({
  handle: ({ events }: { events: object[] }) => spent(() => inTurn(events)),

  /** The same event, from a file because it is large, that often. */
  async repeat({ eventFile, times }: { eventFile: string; times: number }) {
    const event = JSON.parse(await readFile(eventFile, "utf8"));
    return spent(() => inTurn(Array.from({ length: times }, () => ({ ...event }))));
  },

  /** The most memory it had resident since the last time it was asked, and what it has now, in bytes. */
  memory() {
    const rss = process.memoryUsage.rss();
    const peak = Math.max(peakRss, rss);
    peakRss = 0;
    return { rss, peak };
  },

  watchMemory({ everyMs }: { everyMs: number }) {
    setInterval(() => {
      peakRss = Math.max(peakRss, process.memoryUsage.rss());
    }, everyMs).unref();
  },
});

async function inTurn(events: object[]) {
  for (const event of events) {
    const answer: Answer = await handler(event, context);
    if ((answer.statusCode ?? 200) >= 300 || (answer.batchItemFailures?.length ?? 0) > 0)
      throw new Error(`${answer.statusCode} ${answer.body} ${answer.batchItemFailures?.length}`);
  }
}
