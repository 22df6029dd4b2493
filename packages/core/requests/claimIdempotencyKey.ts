import { AppError } from "@keepsake/contract/errors";
import type { RouteName } from "@keepsake/contract/routes";
import type { TransactionSql } from "postgres";
import * as rows from "./idempotency.sql.ts";

/** What identifies a request that may be sent again: its `Idempotency-Key`, and a hash of its path and body. */
export type Idempotency = { key: string; requestSha256: string };

type Request<Made> = {
  owner_id: string;
  route: RouteName;
  idempotency: Idempotency;
  made: Made;
};

/**
 * Claims an idempotency key, as the first statement of the transaction that does the work: a second
 * request with the key waits here until the first has ended. Resolves to what the first request
 * made, or to undefined for the first itself. The key with another request is `idempotency_key.reused`.
 */
export async function claimIdempotencyKey<Made extends rows.Made>(
  tx: TransactionSql,
  { owner_id, route, idempotency, made }: Request<Made>,
): Promise<Made | undefined> {
  const { key: idempotency_key, requestSha256: request_sha256 } = idempotency;
  const request = { owner_id, idempotency_key, route, request_sha256 };
  if (await rows.insert(tx, request, made)) return undefined;

  const first = await rows.find(tx, owner_id, idempotency_key);
  if (first?.route !== route || first.request_sha256 !== request_sha256)
    throw new AppError(
      "idempotency_key.reused",
      "This Idempotency-Key was used for another request: send a new key",
    );
  return first as unknown as Made; // as this route made it
}
