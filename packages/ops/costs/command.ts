import { bill, total } from "./bill.ts";
import { usage } from "./billedUsage.ts";
import { endsAt, parts } from "./capacity.ts";
import { compare } from "./competitors.ts";
import { assumptions, monthTable } from "./costTables.ts";
import { parseOptions, type Workload } from "./monthlyWorkload.ts";
import { writeDocuments } from "./updateDocuments.ts";

/**
 * `npm run costs -- --images 1000000 --bytes 500000 …`: what a month costs, as Markdown, or as JSON with
 * `--json`. `--write` updates the tables of docs/costs.md, docs/scale.md and docs/deploy.md.
 */
export async function main(args: string[]) {
  const { workload, json, write } = parseOptions(args);
  if (write) {
    const written = await writeDocuments();
    console.log(written.length > 0 ? `written: ${written.join(", ")}` : "nothing has changed");
  } else console.log(json ? JSON.stringify(reportOf(workload), null, 2) : textOf(workload));
}

function reportOf(workload: Workload) {
  const lines = bill(workload);
  return {
    workload,
    usage: usage(workload),
    lines,
    total_usd: total(lines),
    peers: compare(workload).peers,
    scale: parts(workload).map((part) => ({ ...part, ends_at_images_per_second: endsAt(part) })),
  };
}

function textOf(workload: Workload): string {
  const { peers } = compare(workload);
  const offers = peers.map(({ name, usd, how }) => `- ${name}: ${usd.toFixed(2)} (${how})`);
  return [
    assumptions(workload),
    monthTable(workload),
    ["The same month elsewhere, in US dollars:", ...offers].join("\n"),
  ].join("\n\n");
}
