import type { Result } from "./result.ts";
import type { Environment } from "./startEnvironment.ts";

export type { Result } from "./result.ts";

/** One section of docs/performance.md: what is compared, and how. */
export type Row<Prepared = unknown> = {
  name: string;
  title: string;
  /** Makes what both runs read, such as files and full tables. Processes that it starts end before `measure`. */
  prepare?(environment: Environment): Promise<Prepared>;
  /** One run of two: the processes that it starts end after it. */
  measure(environment: Environment, prepared: Prepared): Promise<Result>;
  /** After how many minutes the whole row fails; 5 when not given. */
  minutes?: number;
};
