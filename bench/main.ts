import { coldStart } from "./rows/coldStart.ts";
import { drain, drainFarAway } from "./rows/drain.ts";
import { openLab } from "./support/lab.ts";

const rows = [coldStart, drain, drainFarAway].filter(
  (row) => process.argv.length < 3 || process.argv.includes(row.name),
);
const lab = await openLab();
try {
  for (const row of rows) {
    console.time(row.name);
    console.dir(await row.measure(lab), { depth: 9 });
    console.timeEnd(row.name);
  }
} finally {
  await lab.close();
}
