import type { ErrorCode } from "@keepsake/contract/errors";
import type { Caller } from "./operationSetup.ts";

export type Operation = {
  /** Creates what the operation needs. What it resolves to runs with a fault, then again until it succeeds. */
  prepare(caller: Caller): Promise<() => Promise<unknown>>;
  /** Error codes by which a retry learns that the first attempt succeeded. */
  doneCodes?: ErrorCode[];
  /** True when the operation deletes worlds. */
  deletes?: boolean;
  /** True when the caller never tries again. */
  isAbandoned?: boolean;
  /** True when a case takes seconds: one in six of those at R2 are tried, unless FAULTS=all. */
  isLarge?: boolean;
  /** True when the operation affects the rows of all callers: its cases run one at a time. */
  isGlobal?: boolean;
};
