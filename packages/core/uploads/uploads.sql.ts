import type { Image } from "@keepsake/contract/schemas";
import type { Sql, TransactionSql } from "postgres";
import type { DeletedImage } from "../images/images.sql.ts";

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

export type Quota = {
  /** Pending uploads whose URL is live, and their bytes. */
  uploads: number;
  bytes: number;
  /** Live URLs, whatever became of their uploads. */
  urls: number;
  /** Stored bytes; 0 for no limit. */
  owner_bytes: number;
};
export type Lifetimes = { urlSeconds: number; uploadSeconds: number };

/** When an upload was reserved, by the database's clock; or why it was not. */
type Reservation =
  | { reserved_at: string; problem: null; retry_seconds: null }
  | { reserved_at: null; problem: "too_many"; retry_seconds: number }
  | { reserved_at: null; problem: "full"; retry_seconds: null };

/**
 * Inserts an upload if the owner's quota has room for it. Its lifetimes count from `reserved_at`. One call of a
 * database function: a transaction would take six round trips.
 */
export async function reserve(sql: Sql, upload: NewUpload, quota: Quota, lifetimes: Lifetimes) {
  const [reservation] = await sql<[Reservation]>`
    select * from reserve_upload(
      ${upload.image_id}, ${upload.owner_id}, ${upload.content_type}, ${upload.bytes}, ${upload.source_sha256},
      ${upload.filename}, ${upload.visibility}, ${upload.keep_prompt},
      ${quota.uploads}, ${quota.bytes}, ${quota.urls}, ${quota.owner_bytes},
      ${lifetimes.urlSeconds}, ${lifetimes.uploadSeconds})
  `;
  return reservation;
}

export type Upload = {
  image_id: string;
  owner_id: string;
  status: Image["status"];
  visibility: Image["visibility"];
  error: string | null;
  error_code: string | null;
  bytes: number;
  source_sha256: string;
  /** The image to answer instead. Earlier releases set it on uploads of a file that was uploaded before. */
  duplicate_of: string | null;
  attempts: number;
  expired: boolean;
};

/** The columns of an `Upload`. */
export const uploadColumns = (sql: Sql | TransactionSql) => sql`
  image_id, owner_id, status, visibility, error, error_code, bytes, source_sha256, duplicate_of, attempts,
  expires_at < now() as expired
`;

export async function find(sql: Sql, owner_id: string, upload_id: string) {
  const [upload] = await sql<Upload[]>`
    select ${uploadColumns(sql)} from images
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

/**
 * Uploads that are finished and whose URL has expired: their incoming objects can be removed. Of one that has
 * failed, the incoming object is the only copy.
 */
export function findExpiredUrls(sql: Sql, limit: number) {
  return sql<{ image_id: string }[]>`
    select image_id from images
    where url_expires_at < now() and platform = 'web' and status in ('published', 'rejected')
    order by url_expires_at
    limit ${limit}
  `;
}

/** Locks an upload to cancel it; undefined when there is none. */
export async function lock(tx: TransactionSql, owner_id: string, upload_id: string) {
  const [upload] = await tx<(DeletedImage & { attempts: number })[]>`
    select image_id, platform, visibility, status, key, url_expires_at, expires_at, attempts from images
    where owner_id = ${owner_id} and image_id = ${upload_id} and platform = 'web'
    for update
  `;
  return upload;
}

/** Forgets URLs that have expired. */
export function deleteExpiredUrls(sql: Sql, limit: number) {
  return sql`
    delete from upload_urls
    where upload_id in (
      select upload_id from upload_urls where expires_at < now() limit ${limit} for update skip locked
    )
  `;
}

/** Marks the incoming objects of these uploads as removed. */
export function clearUrls(sql: Sql, image_ids: string[]) {
  return sql`
    update images set url_expires_at = null
    where image_id in (
      select image_id from images where image_id in ${sql(image_ids)} order by image_id for no key update
    )
  `;
}
