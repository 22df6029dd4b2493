import type { ProfileLine } from "./cpuProfile.ts";
import type { Environment } from "./startEnvironment.ts";

/** One section of docs/performance.md: what is compared, and how. */
export type Row = {
  name: string;
  title: string;
  measure(environment: Environment): Promise<Result>;
};

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

export type Goal = { what: string; actual: number; unit: string } & (
  | { atMost: number }
  | { atLeast: number }
);

export const isMet = (goal: Goal) =>
  "atMost" in goal ? goal.actual <= goal.atMost : goal.actual >= goal.atLeast;
