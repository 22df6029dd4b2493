import type { ProfileLine } from "./cpuProfile.ts";

/** What one run of a row measured, or both runs together: `joinRuns`. */
export type Result = {
  goals: Goal[];
  /** Everything that was measured; the first line names the columns. */
  figures: (string | number)[][];
  /** What ran against what, in words. */
  method: string;
  /** Why a goal is missed; shown only then, as are the profile and the steps. */
  reason?: string;
  profile?: () => Promise<ProfileLine[]>;
  /** For work outside the main thread: what each step takes, in milliseconds of CPU. */
  steps?: () => Promise<[step: string, cpu: number][]>;
};

export type Goal = {
  what: string;
  actual: number;
  unit: string;
  /** The values of both runs, of which `actual` is the mean; missing in the result of one run. */
  runs?: number[];
} & ({ atMost: number } | { atLeast: number });

/** Whether every run meets it. */
export const isMet = (goal: Goal) => valuesOf(goal).every((value) => meets(goal, value));

/** The values of both runs where they differ by more than a tenth, or where only one meets the goal; else their mean. */
export function shownValues(goal: Goal): number[] {
  const values = valuesOf(goal);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const agree = most - least <= Math.abs(least) / 10 && meets(goal, least) === meets(goal, most);
  return agree ? [goal.actual] : values;
}

/** How far the worse run is from the goal, as a share of the goal. */
export function shortfallOf(goal: Goal): number {
  const limit = limitOf(goal);
  return Math.max(
    ...valuesOf(goal).map((value) => (meets(goal, value) ? 0 : Math.abs(value - limit) / limit)),
  );
}

export const limitOf = (goal: Goal) => ("atMost" in goal ? goal.atMost : goal.atLeast);

const valuesOf = ({ actual, runs = [actual] }: Goal) => runs;

const meets = (goal: Goal, value: number) =>
  "atMost" in goal ? value <= goal.atMost : value >= goal.atLeast;

/** Throws when a row measured nothing, or something that is no number. */
export function checkResult(row: string, { goals, figures }: Result) {
  const numbers = [
    ...goals.map(({ what, actual }) => ({ what, value: actual })),
    ...figures.flatMap((cells) =>
      cells.filter((cell) => typeof cell === "number").map((value) => ({ what: cells[0], value })),
    ),
  ];
  if (numbers.length === 0) throw new Error(`The row ${row} measured nothing`);
  for (const { what, value } of numbers)
    if (!Number.isFinite(value))
      throw new Error(`The row ${row} measured ${value}, which is no number, for: ${what}`);
}
