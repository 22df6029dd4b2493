import type { RouteName } from "@keepsake/contract/routes";
import type { Sql, TransactionSql } from "postgres";

/** What a request makes the first time: pieces, or what its route keeps as `result`. */
export type Made =
  | { world_id: string; piece_ids: string[] }
  | { result: { image_id: string; reused?: true } }
  | { result: { dataset_id: string } };

/** A request that its caller may send again. */
export type RepeatableRequest = {
  owner_id: string;
  idempotency_key: string;
  route: RouteName;
  request_sha256: string;
};

/** Inserts a request unless its key is taken; resolves to whether it did. Waits for an equal key in flight. */
export async function insert(
  tx: TransactionSql,
  request: RepeatableRequest,
  made: Made,
): Promise<boolean> {
  const { owner_id, idempotency_key, route, request_sha256 } = request;
  const json = (value: object | null) => value && tx.json(value as never);
  const ids = "result" in made ? { world_id: null, piece_ids: null } : made;
  const result = "result" in made ? made.result : null;
  const { count } = await tx`
    insert into requests (owner_id, idempotency_key, route, request_sha256, world_id, piece_ids, result)
    values (${owner_id}, ${idempotency_key}, ${route}, ${request_sha256}, ${ids.world_id},
            ${json(ids.piece_ids)}, ${json(result)})
    on conflict do nothing
  `;
  return count === 1;
}

/** The request that claimed a key. Other repeats of it wait until the transaction ends. */
export async function find(tx: TransactionSql, owner_id: string, idempotency_key: string) {
  const [request] = await tx<(Pick<RepeatableRequest, "route" | "request_sha256"> & Made)[]>`
    select route, request_sha256, world_id, piece_ids, result from requests
    where owner_id = ${owner_id} and idempotency_key = ${idempotency_key}
    for update
  `;
  return request;
}

/** Replaces the result of a request that came to nothing. */
export function replaceResult(
  tx: TransactionSql,
  owner_id: string,
  idempotency_key: string,
  result: object,
) {
  return tx`
    update requests set result = ${tx.json(result as never)}
    where owner_id = ${owner_id} and idempotency_key = ${idempotency_key}
  `;
}

/** Deletes up to `limit` requests older than a day. */
export function deleteExpired(sql: Sql, limit: number) {
  return sql`
    delete from requests where ctid in (
      select ctid from requests where created_at < now() - interval '1 day'
      limit ${limit}
      for update skip locked
    )
  `;
}
