import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { scrollHeading } from "./gallery/withScrollSection.ts";
import { lighthouseHeading } from "./lighthouse/withLighthouseSection.ts";
import { coldStart } from "./measurements/coldStart.ts";
import { createWorld } from "./measurements/createWorld.ts";
import { dollars } from "./measurements/dollars.ts";
import { drain, drainFarAway } from "./measurements/drain.ts";
import { exports } from "./measurements/exportDataset.ts";
import { growth } from "./measurements/growthOfTables.ts";
import { pictures } from "./measurements/imageProcessing.ts";
import { memory } from "./measurements/memory.ts";
import { operations } from "./measurements/operationsPerImage.ts";
import { pages } from "./measurements/pages.ts";
import { presignedUrl } from "./measurements/presignedUrl.ts";
import { presignRoute } from "./measurements/presignRoute.ts";
import { rehost } from "./measurements/rehost.ts";
import { publishing } from "./measurements/resourcesPerImage.ts";
import { upload } from "./measurements/upload.ts";
import { sectionOf, withSection } from "./support/documentSection.ts";
import type { Row } from "./support/measurement.ts";
import { measureRow } from "./support/measureRow.ts";
import {
  document,
  headingOf,
  type MeasuredRow,
  ownSection,
  section,
  summary,
} from "./support/performanceDocument.ts";
import { startEnvironment } from "./support/startEnvironment.ts";

const rows: Row[] = [
  presignedUrl,
  presignRoute,
  coldStart,
  pictures,
  drain,
  drainFarAway,
  upload,
  rehost,
  createWorld,
  memory,
  operations,
  growth,
  pages,
  publishing,
  dollars, // computes with what `publishing` measured
];
/** These take minutes: each is measured once, by its name, and writes its own section, which a whole run keeps. */
const rowsByName: Row[] = [exports];

/**
 * `npm run bench`: measures every row twice and writes docs/performance.md. With names of rows it measures only
 * those, and writes nothing but the section of `exports`. With `--brief` it measures each contender of every row
 * once, and writes nothing.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { brief: { type: "boolean", default: false } },
});
const isWhole = positionals.length === 0 && !values.brief;
const selected = selectRows(positionals);

const file = new URL("../docs/performance.md", import.meta.url);
const environment = await startEnvironment(values);
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => environment.close().finally(() => process.exit(1)));
try {
  const measured: MeasuredRow[] = [];
  for (const row of selected)
    measured.push(
      await measureRow(row, environment, values.brief || rowsByName.includes(row) ? 1 : 2),
    );
  console.log(`\n${summary(measured)}`);
  if (positionals.length > 0) console.log(`\n${measured.map(section).join("\n\n")}`);
  const before = await readFile(file, "utf8");
  if (isWhole) await writeFile(file, document(measured) + otherSections(before));
  else if (!values.brief) await writeFile(file, withOwnSections(before, measured));
} finally {
  await environment.close();
}

function selectRows(names: string[]): Row[] {
  const all = [...rows, ...rowsByName];
  const unknown = names.filter((name) => !all.some((row) => row.name === name));
  if (unknown.length > 0)
    throw new Error(
      `There is no row named ${unknown}. Rows: ${all.map(({ name }) => name).join(", ")}`,
    );
  if (names.length > 0) return all.filter(({ name }) => names.includes(name));
  return values.brief ? all : rows;
}

/** The document with new sections of the rows that were measured by their name. */
function withOwnSections(before: string, measured: MeasuredRow[]): string {
  let text = before;
  for (const { name, title } of rowsByName) {
    const row = measured.find((each) => each.title === title);
    if (row) text = withSection(text, headingOf(row), ownSection(name, row));
  }
  return text;
}

/** Those that a whole run does not measure. */
function otherSections(before: string): string {
  return [...rowsByName.map(headingOf), lighthouseHeading, scrollHeading]
    .map((heading) => sectionOf(before, heading))
    .join("");
}
