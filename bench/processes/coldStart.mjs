import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

/** A new Lambda: loads a bundle, handles one event, reports what both took, and ends. */
const [file = "", eventFile = ""] = process.argv.slice(2);
const event = JSON.parse(await readFile(eventFile, "utf8"));
const context = { awsRequestId: "first", getRemainingTimeInMillis: () => 5_000 };

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
const all = process.cpuUsage();

process.send(
  {
    response,
    sample: {
      cpu: (user + system) / 1_000,
      cpuWithNode: (all.user + all.system) / 1_000,
      load: loaded - started,
      wall: ended - started,
    },
  },
  () => process.exit(),
);
