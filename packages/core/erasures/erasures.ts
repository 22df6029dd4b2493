import type { Input, Output } from "@keepsake/contract/api";
import { AppError } from "@keepsake/contract/errors";
import type { Erasure } from "@keepsake/contract/schemas";
import type { TransactionSql } from "postgres";
import { newId } from "../newId.ts";
import { idInCursor, type List, pageOf } from "../pageOfRows.ts";
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
  return rows.insert(tx, { erasure_id: newId(), owner_id, subject }, listed);
}

/** What a caller deleted. */
type Subject = "owner" | `${"world" | "piece" | "image"}:${string}`;

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

/** The erasures of an owner, newest first, also those that no caller asked for. */
export async function list(
  { sql }: Pick<Services, "sql">,
  { owner_id, limit, cursor }: Input<"listErasures"> & { owner_id: string },
): Promise<Output<"listErasures">> {
  const list: List = { name: "erasures", owner_id };
  const after = cursor ? placeIn(idInCursor(cursor, list, 24)) : undefined;
  const erasures = await rows.page(sql, owner_id, { limit: limit + 1, after });
  const { page, next_cursor } = pageOf(erasures, limit, list, idOfPlace);
  return { erasures: page.map(({ created_at_us: _, ...erasure }) => erasure), next_cursor };
}

/** A place in hex: the id, then 8 bytes of time. An erasure whose objects are shown again is deleted, its place stays. */
const idOfPlace = ({ erasure_id, created_at_us }: rows.Place) =>
  erasure_id + BigInt(created_at_us).toString(16).padStart(16, "0");

const placeIn = (id: string): rows.Place => {
  return { erasure_id: id.slice(0, 36), created_at_us: String(BigInt(`0x${id.slice(36)}`)) };
};
