import type { TableSummary } from "./backfill.sql.ts";

/** Receives the progress of a backfill while it runs. */
export type ProgressListener = {
  start(before: TableSummary): void;
  progress(counts: Counts): void;
  skip(row: SkippedRow): void;
};

export type Counts = {
  /** Rows that were processed, out of `total`. */
  done: number;
  total: number;
  published: number;
  published_bytes: number;
  not_recoverable: number;
  postponed: number;
  changed: number;
};

/** A row that was not written, and why. No reason contains a URL. */
export type SkippedRow = {
  id: string;
  outcome: "not_recoverable" | "postponed" | "changed";
  reason: string;
};

export type BackfillResult = { before: TableSummary; after: TableSummary; counts: Counts };
