import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { scrollHeading } from "./gallery/withScrollSection.ts";
import { lighthouseHeading } from "./lighthouse/withLighthouseSection.ts";
import { coldStart } from "./measurements/coldStart.ts";
import { createWorld } from "./measurements/createWorld.ts";
import { drain, drainFarAway } from "./measurements/drain.ts";
import { exports } from "./measurements/exportDataset.ts";
import { growth } from "./measurements/growthOfTables.ts";
import { pictures } from "./measurements/imageProcessing.ts";
import { memory } from "./measurements/memory.ts";
import { operations } from "./measurements/operationsPerImage.ts";
import { presignedUrl } from "./measurements/presignedUrl.ts";
import { presignRoute } from "./measurements/presignRoute.ts";
import { rehost } from "./measurements/rehost.ts";
import { publishing } from "./measurements/resourcesPerImage.ts";
import { upload } from "./measurements/upload.ts";
import { sectionOf } from "./support/documentSection.ts";
import { isMet, type Row } from "./support/measurement.ts";
import { document, type MeasuredRow, section, summary } from "./support/performanceDocument.ts";
import { type Environment, startEnvironment } from "./support/startEnvironment.ts";

const rows = [
  presignedUrl,
  presignRoute,
  coldStart,
  createWorld,
  drain,
  drainFarAway,
  upload,
  rehost,
  pictures,
  memory,
  growth,
  operations,
  exports,
  publishing,
];

/**
 * `npm run bench`: measures every row and writes docs/performance.md. With names of rows it measures only
 * those, and with `--brief` each contender once; neither writes anything.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { brief: { type: "boolean", default: false } },
});
const unknown = positionals.filter((name) => !rows.some((row) => row.name === name));
if (unknown.length > 0)
  throw new Error(
    `There is no row named ${unknown}. Rows: ${rows.map(({ name }) => name).join(", ")}`,
  );
const selected = rows.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

const file = new URL("../docs/performance.md", import.meta.url);
const environment = await startEnvironment(values);
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => environment.close().finally(() => process.exit(1)));
try {
  const measured: MeasuredRow[] = [];
  for (const row of selected) measured.push(await measure(row, environment));
  console.log(`\n${summary(measured)}`);
  if (positionals.length > 0) console.log(`\n${measured.map(section).join("\n\n")}`);
  if (selected.length === rows.length && !values.brief)
    await writeFile(file, document(measured) + otherSections(await readFile(file, "utf8")));
} finally {
  await environment.close();
}

async function measure(row: Row, environment: Environment): Promise<MeasuredRow> {
  const started = performance.now();
  process.stderr.write(`${row.title} … `);
  const result = await row.measure(environment);
  const isMissed = !result.goals.every(isMet);
  const profile = isMissed ? await result.profile?.() : undefined;
  const steps = isMissed ? await result.steps?.() : undefined;
  await environment.store.call("configure", {});
  await environment.stopProcesses();
  process.stderr.write(`${Math.round((performance.now() - started) / 1_000)} s\n`);
  return { row, result, ...(profile && { profile }), ...(steps && { steps }) };
}

/** Those that scripts of their own measure. */
function otherSections(before: string): string {
  return [lighthouseHeading, scrollHeading].map((heading) => sectionOf(before, heading)).join("");
}
