import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

/** A Lambda that was just started: loads a bundle, handles one event, tells what both took, and ends. */
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
const answer = await handler(event, context);
const { user, system } = process.cpuUsage(before);
const ended = performance.now();
const all = process.cpuUsage();

process.send(
  {
    answer,
    sample: {
      cpu: (user + system) / 1_000,
      cpuWithNode: (all.user + all.system) / 1_000,
      load: loaded - started,
      wall: ended - started,
    },
  },
  () => process.exit(),
);
