import type { Lab } from "./environment.ts";

/** One row of the table: what is compared, and how. */
export type Row = { name: string; title: string; measure(lab: Lab): Promise<Findings> };

export type Findings = {
  goals: Goal[];
  /** Everything that was measured, for the reader to judge by; the first line names the columns. */
  figures: (string | number)[][];
  /** What ran against what, in words. */
  how: string;
  /** Why a goal is missed, and where the time goes; asked for only then. */
  reason?: string;
  profile?: () => Promise<ProfileLine[]>;
  /** The same where it is not the main thread's: what each step takes, in milliseconds of CPU. */
  steps?: () => Promise<[step: string, cpu: number][]>;
};

export type Goal = { what: string; reached: number; unit: string } & (
  | { atMost: number }
  | { atLeast: number }
);

export type ProfileLine = { where: string; ms: number; share: number };

export const isMet = (goal: Goal) =>
  "atMost" in goal ? goal.reached <= goal.atMost : goal.reached >= goal.atLeast;
