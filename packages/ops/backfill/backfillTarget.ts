import type { ProductRow } from "./backfill.sql.ts";
import type { Note } from "./tolerantBase64.ts";

/** Where pictures go. */
export type Target = {
  /** Of these rows, those whose pictures an earlier run has published, by shown key. */
  findPublished(rows: ProductRow[]): Promise<Map<string, StoredPicture & { bytes: number }>>;
  /** Throws `NoOwnerError`, before anything is fetched. */
  check(row: ProductRow): void;
  /** Throws `image.*` for what can never be published. Writes nothing. */
  prepare(row: ProductRow, original: Buffer): Promise<PreparedPicture>;
};

type PreparedPicture = {
  /** As it is published. */
  bytes: number;
  notes: Note[];
  /** Stores it, and resolves when it is durable. Safe to repeat. */
  store(): Promise<StoredPicture>;
};

export type StoredPicture = {
  url: string;
  /** Removes it again: its row was deleted. */
  remove(): Promise<unknown>;
};

/** A row whose picture would belong to no owner. */
export class NoOwnerError extends Error {
  override readonly name = "NoOwnerError";
}

/** A picture was deleted while it was published. */
export class DeletedError extends Error {
  override readonly name = "DeletedError";
}
