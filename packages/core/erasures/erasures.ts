import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import type { Erasure } from "@keepsake/contract/schemas";
import type { TransactionSql } from "postgres";
import { v7 as uuidv7 } from "uuid";
import type { Services } from "../ports.ts";
import * as rows from "./erasures.sql.ts";

export type { ObjectToErase } from "./erasures.sql.ts";

/**
 * Lists objects to remove, in the transaction that deletes their rows. The sweep removes them. With a
 * subject, `repeated` finds the erasure again.
 */
export function start(
  tx: TransactionSql,
  owner_id: string,
  objects: rows.ObjectToErase[],
  subject: Subject | null = null,
): Promise<Erasure> {
  const listed = objects.map(({ bucket, key, notBefore = null, notFinalBefore = null }) => {
    return { bucket, key, notBefore, notFinalBefore };
  });
  return rows.insert(tx, { erasure_id: uuidv7(), owner_id, subject }, listed);
}

/** What a caller deleted. */
type Subject = "owner" | `${"world" | "image"}:${string}`;

/**
 * The erasure of an earlier request that deleted the same, at most an hour ago: its response may have been
 * lost, and the caller repeats it. Undefined when there is none.
 */
export function repeated(tx: TransactionSql, owner_id: string, subject: Subject) {
  return rows.findOf(tx, owner_id, subject);
}

/** Whether the owner has deleted this before, however long ago. */
export const isErased = rows.hasOf;

/** The receipt of a deletion: what was removed so far, and whether it is done. */
export async function get(
  { sql }: Pick<Services, "sql">,
  { owner_id, erasure_id }: Input<"getErasure"> & { owner_id: string },
): Promise<Output<"getErasure">> {
  const erasure = await rows.find(sql, owner_id, erasure_id);
  if (!erasure)
    throw new AppError("erasure.not_found", "You have no erasure with this id: check the id");
  return { erasure };
}
