import type { RouteName } from "@keepsake/contract/routes";
import type { Sql, TransactionSql } from "postgres";

/** A request that its caller may send again, and the ids that it makes the first time. */
export type RepeatableRequest = {
  owner_id: string;
  idempotency_key: string;
  route: RouteName;
  request_sha256: string;
  world_id: string;
  piece_ids: string[];
};

/** Inserts a request unless its key is taken; resolves to whether it did. Waits for an equal key in flight. */
export async function insert(tx: TransactionSql, request: RepeatableRequest): Promise<boolean> {
  const { owner_id, idempotency_key, route, request_sha256, world_id, piece_ids } = request;
  const { count } = await tx`
    insert into requests (owner_id, idempotency_key, route, request_sha256, world_id, piece_ids)
    values (${owner_id}, ${idempotency_key}, ${route}, ${request_sha256}, ${world_id},
            ${tx.json(piece_ids)})
    on conflict do nothing
  `;
  return count === 1;
}

export async function find(tx: TransactionSql, owner_id: string, idempotency_key: string) {
  const [request] = await tx<Omit<RepeatableRequest, "owner_id" | "idempotency_key">[]>`
    select route, request_sha256, world_id, piece_ids from requests
    where owner_id = ${owner_id} and idempotency_key = ${idempotency_key}
  `;
  return request;
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
