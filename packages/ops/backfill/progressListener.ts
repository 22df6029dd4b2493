import type { TableSummary } from "./backfill.sql.ts";
import type { Note } from "./tolerantBase64.ts";

/** Receives the progress of a backfill while it runs. */
export type ProgressListener = {
  start(before: TableSummary): void;
  progress(counts: Counts): void;
  skip(row: SkippedRow): void;
  /** Called for a row that was moved although its value was not as it should be. */
  note(row: NotedRow): void;
};

export type Counts = {
  /** Rows that were processed, out of `total`. */
  done: number;
  total: number;
  published: number;
  published_bytes: number;
  not_recoverable: number;
  no_owner: number;
  has_url: number;
  postponed: number;
  changed: number;
};

/** A row that was not written, and why. No reason contains a URL. */
export type SkippedRow = {
  id: string;
  outcome: "not_recoverable" | "no_owner" | "has_url" | "postponed" | "changed";
  reason: string;
};

export type NotedRow = { id: string; outcome: "published"; notes: Note[] };

export type BackfillResult = { before: TableSummary; after: TableSummary; counts: Counts };
