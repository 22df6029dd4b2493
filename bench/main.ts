import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { coldStart } from "./rows/coldStart.ts";
import { createWorld } from "./rows/createWorld.ts";
import { drain, drainFarAway } from "./rows/drain.ts";
import { growth } from "./rows/growth.ts";
import { memory } from "./rows/memory.ts";
import { operations } from "./rows/operations.ts";
import { presignedUrl } from "./rows/presignedUrl.ts";
import { presignRoute } from "./rows/presignRoute.ts";
import { rehost } from "./rows/rehost.ts";
import { upload } from "./rows/upload.ts";
import { type Lab, openLab } from "./support/environment.ts";
import { document, type Measured, summary } from "./support/report.ts";
import { isMet, type Row } from "./support/row.ts";

const rows = [
  presignedUrl,
  presignRoute,
  coldStart,
  createWorld,
  drain,
  drainFarAway,
  upload,
  rehost,
  memory,
  growth,
  operations,
];

/**
 * `npm run bench`: measures every row and writes docs/performance.md. Names of rows measure only those,
 * `--brief` takes a first look; neither writes anything.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { brief: { type: "boolean", default: false } },
});
const unknown = positionals.filter((name) => !rows.some((row) => row.name === name));
if (unknown.length > 0)
  throw new Error(`No row is called ${unknown}: ${rows.map(({ name }) => name).join(", ")}`);
const chosen = rows.filter(({ name }) => positionals.length === 0 || positionals.includes(name));

const lab = await openLab(values);
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => lab.close().finally(() => process.exit(1)));
try {
  const measured: Measured[] = [];
  for (const row of chosen) measured.push(await measure(row, lab));
  console.log(`\n${summary(measured)}`);
  if (chosen.length === rows.length && !values.brief)
    await writeFile(new URL("../docs/performance.md", import.meta.url), document(measured));
} finally {
  await lab.close();
}

async function measure(row: Row, lab: Lab): Promise<Measured> {
  const started = performance.now();
  process.stderr.write(`${row.title} … `);
  const findings = await row.measure(lab);
  const isMissed = !findings.goals.every(isMet);
  const profile = isMissed ? await findings.profile?.() : undefined;
  const steps = isMissed ? await findings.steps?.() : undefined;
  await lab.store.ask("behave", {});
  await lab.rest();
  process.stderr.write(`${Math.round((performance.now() - started) / 1_000)} s\n`);
  return { row, findings, ...(profile && { profile }), ...(steps && { steps }) };
}
