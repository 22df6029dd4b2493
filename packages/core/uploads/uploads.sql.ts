import type { Image } from "@keepsake/contract/schemas";
import type { Sql, TransactionSql } from "postgres";

/** An upload as it was declared: `bytes` and `content_type` are the caller's until it is published. */
export type NewUpload = {
  image_id: string;
  owner_id: string;
  content_type: string;
  bytes: number;
  source_sha256: string;
  filename: string | null;
  visibility: Image["visibility"];
  keep_prompt: boolean;
};

export type Quota = { uploads: number; bytes: number };
export type Lifetimes = { urlSeconds: number; uploadSeconds: number };

/**
 * Inserts an upload if the owner's quota has room for it. Resolves to when, by the database's clock, from
 * which its lifetimes count; undefined when there is no room. One call of a database function: a
 * transaction would take six round trips.
 */
export async function reserve(sql: Sql, upload: NewUpload, quota: Quota, lifetimes: Lifetimes) {
  const [{ reserved_at }] = await sql<[{ reserved_at: string | null }]>`
    select reserve_upload(${sql.json(upload)}, ${quota.uploads}, ${quota.bytes},
                          ${lifetimes.urlSeconds}, ${lifetimes.uploadSeconds}) as reserved_at
  `;
  return reserved_at ?? undefined;
}

/** Seconds until the first of the owner's outstanding uploads expires. */
export async function secondsUntilRoom(sql: Sql, owner_id: string) {
  const [row] = await sql<[{ seconds: number | null }]>`
    select ceil(extract(epoch from min(expires_at) - now()))::integer as seconds from images
    where owner_id = ${owner_id} and platform = 'web' and status = 'pending' and expires_at > now()
  `;
  return Math.max(1, row.seconds ?? 1);
}

export type Upload = {
  status: Image["status"];
  visibility: Image["visibility"];
  error: string | null;
  error_code: string | null;
  bytes: number;
  source_sha256: string;
  /** The image to answer instead. Earlier releases set it on uploads of a file that was uploaded before. */
  duplicate_of: string | null;
  expired: boolean;
};

export async function find(sql: Sql, owner_id: string, upload_id: string) {
  const [upload] = await sql<Upload[]>`
    select status, visibility, error, error_code, bytes, source_sha256, duplicate_of,
           expires_at < now() as expired
    from images
    where image_id = ${upload_id} and owner_id = ${owner_id} and platform = 'web'
  `;
  return upload;
}

/**
 * Counts an attempt to publish a pending upload, before anything is stored. Resolves to false when it is no
 * longer pending.
 */
export async function countAttempt(sql: Sql, upload_id: string) {
  const { count } = await sql`
    update images set attempts = attempts + 1, attempted_at = now()
    where image_id = ${upload_id} and status = 'pending'
  `;
  return count === 1;
}

/** Rejects up to `limit` uploads that were not completed before they expired, and resolves to them. */
export function expire(tx: TransactionSql, limit: number) {
  return tx<
    { image_id: string; owner_id: string; attempts: number; visibility: Image["visibility"] }[]
  >`
    update images
    set status = 'rejected', error_code = 'upload.expired',
        error = 'The upload was not completed in time: ask for a new one'
    where image_id in (
      select image_id from images
      where platform = 'web' and status = 'pending' and expires_at < now()
      limit ${limit}
      for update skip locked
    )
    returning image_id, owner_id, attempts, visibility
  `;
}

/** Uploads that are finished and whose URL has expired: their incoming objects can be removed. */
export function findExpiredUrls(sql: Sql, limit: number) {
  return sql<{ image_id: string }[]>`
    select image_id from images
    where url_expires_at < now() and platform = 'web' and status <> 'pending'
    order by url_expires_at
    limit ${limit}
  `;
}

/** Marks the incoming objects of these uploads as removed. */
export function clearUrls(sql: Sql, image_ids: string[]) {
  return sql`
    update images set url_expires_at = null
    where image_id in (
      select image_id from images where image_id in ${sql(image_ids)} order by image_id for update
    )
  `;
}
