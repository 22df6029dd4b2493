import type { Image } from "@keepsake/contract/schemas";
import type { Sql, TransactionSql } from "postgres";

/** An image whose bytes a request has. */
export type NewImage = {
  image_id: string;
  owner_id: string;
  /** As they were sent. */
  bytes: number;
  source_sha256: string;
  filename: string | null;
  visibility: Image["visibility"];
  keep_prompt: boolean;
};

export type Quota = {
  /** That requests of one owner are publishing at this moment. */
  images: number;
  /** Stored bytes; 0 for no limit. */
  owner_bytes: number;
};

/**
 * Inserts a pending image, with its first attempt counted, if the owner's quota has room for it; resolves to why
 * it has none. Unless it is finished within `lifetimeSeconds`, it is removed.
 */
export async function reserve(
  tx: TransactionSql,
  image: NewImage,
  quota: Quota,
  lifetimeSeconds: number,
) {
  const [{ problem }] = await tx<[{ problem: "full" | "too_many" | null }]>`
    select reserve_image(${tx.json(image)}, ${tx.json(quota)}, ${lifetimeSeconds}) as problem
  `;
  return problem;
}

/** What has become of an image. */
export type ImageState = {
  status: Image["status"];
  error: string | null;
  error_code: string | null;
};

export const pending: ImageState = { status: "pending", error: null, error_code: null };
export const published: ImageState = { ...pending, status: "published" };

/** Attempts of one image at the same time. The client sends a request 3 times. */
const attemptsInFlight = 3;

/**
 * Counts another attempt to publish an image if it is pending and fewer than `attemptsInFlight` may be at work on it:
 * none works for longer than 30 seconds. `too_many` otherwise; undefined when it was removed.
 */
export async function beginAgain(
  tx: TransactionSql,
  owner_id: string,
  image_id: string,
  lifetimeSeconds: number,
) {
  const { count } = await tx`
    update images
    set attempts = case when ${isIdle(tx)} then 2 else attempts + 1 end, attempted_at = now(),
        expires_at = now() + make_interval(secs => ${lifetimeSeconds})
    where image_id = ${image_id} and owner_id = ${owner_id} and status = 'pending'
      and (attempts < ${attemptsInFlight} or ${isIdle(tx)})
  `;
  if (count === 1) return pending;
  const state = await findState(tx, owner_id, image_id);
  return state?.status === "pending" ? "too_many" : state;
}

/** No attempt is at work. Of earlier ones, which may have stored the image, one stays counted. */
const isIdle = (tx: TransactionSql) => tx`(attempted_at < now() - interval '30 seconds')`;

/** Undefined when the image was removed. */
export async function findState(sql: Sql | TransactionSql, owner_id: string, image_id: string) {
  const [state] = await sql<ImageState[]>`
    select status, error, error_code from images
    where image_id = ${image_id} and owner_id = ${owner_id}
  `;
  return state;
}

/** Deletes up to `limit` images whose requests or backfills have ended without publishing or rejecting them. */
export function removeUnfinished(tx: TransactionSql, limit: number) {
  return tx<Pick<NewImage, "image_id" | "owner_id" | "visibility">[]>`
    delete from images
    where image_id in (
      select image_id from images
      where platform <> 'web' and status = 'pending' and expires_at < now()
      order by image_id
      limit ${limit}
      for update skip locked
    )
    returning image_id, owner_id, visibility
  `;
}

/**
 * Deletes up to `limit` images that were rejected more than a day ago: as long, a repeat with the same idempotency key
 * gets the same rejection. They have no objects.
 */
export function deleteRejected(sql: Sql, limit: number) {
  return sql`
    delete from images
    where image_id in (
      select image_id from images
      where platform = 'base64' and status = 'rejected' and expires_at < now() - interval '1 day'
      order by expires_at
      limit ${limit}
      for update skip locked
    )
  `;
}
