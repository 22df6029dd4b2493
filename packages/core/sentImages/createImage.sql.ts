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

/** Counts another attempt to publish an image if it is pending. Undefined when it was removed. */
export async function beginAgain(
  tx: TransactionSql,
  owner_id: string,
  image_id: string,
  lifetimeSeconds: number,
) {
  const { count } = await tx`
    update images
    set attempts = attempts + 1, attempted_at = now(),
        expires_at = now() + make_interval(secs => ${lifetimeSeconds})
    where image_id = ${image_id} and owner_id = ${owner_id} and status = 'pending'
  `;
  return count === 1 ? pending : findState(tx, owner_id, image_id);
}

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
