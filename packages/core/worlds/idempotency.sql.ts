import { AppError } from "@keepsake/contract/errors";
import type { RouteName } from "@keepsake/contract/routes";
import type { Sql, TransactionSql } from "postgres";

/** A request its caller may send again, and the ids it makes when it is the first. */
export type RepeatableRequest = {
  owner_id: string;
  route: RouteName;
  idempotency: Idempotency;
  world_id: string;
  piece_ids: string[];
};

export type Idempotency = { key: string; requestSha256: string };

/**
 * Claims an idempotency key, as the first statement of the transaction that does the work: a doubled
 * request waits here for the first to end. Resolves to what the first made, or to undefined for the
 * first itself. The same key with another request is `idempotency_key.reused`.
 */
export async function claim(
  tx: TransactionSql,
  { owner_id, route, idempotency, world_id, piece_ids }: RepeatableRequest,
): Promise<{ world_id: string; piece_ids: string[] } | undefined> {
  const { count } = await tx`
    insert into requests (owner_id, idempotency_key, route, request_sha256, world_id, piece_ids)
    values (${owner_id}, ${idempotency.key}, ${route}, ${idempotency.requestSha256}, ${world_id},
            ${tx.json(piece_ids)})
    on conflict do nothing
  `;
  if (count === 1) return undefined;

  const [first] = await tx<
    { route: string; request_sha256: string; world_id: string; piece_ids: string[] }[]
  >`
    select route, request_sha256, world_id, piece_ids from requests
    where owner_id = ${owner_id} and idempotency_key = ${idempotency.key}
  `;
  if (first?.route !== route || first.request_sha256 !== idempotency.requestSha256)
    throw new AppError(
      "idempotency_key.reused",
      "This Idempotency-Key was used for another request: send a new key",
    );
  return first;
}

/** Forgets up to `most` requests older than a day. */
export function dropOld(sql: Sql, most: number) {
  return sql`
    delete from requests where ctid in (
      select ctid from requests where created_at < now() - interval '1 day'
      limit ${most}
      for update skip locked
    )
  `;
}
