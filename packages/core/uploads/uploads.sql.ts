import type { Sql, TransactionSql } from "postgres";

/** An upload that was promised: `bytes` and `content_type` say what, until it is published. */
export type NewUpload = {
  image_id: string;
  owner_id: string;
  content_type: string;
  bytes: number;
  source_sha256: string;
  filename: string | null;
  url_expires_at: string;
  expires_at: string;
};

export type Quota = { uploads: number; bytes: number };

/** Inserts an upload if the owner's outstanding ones leave room for it; resolves to whether they did. */
export async function insertWithin(sql: Sql, upload: NewUpload, quota: Quota) {
  const [{ inserted }] = await sql<[{ inserted: boolean }]>`
    select promise_upload(${sql.json(upload)}, ${quota.uploads}, ${quota.bytes}) as inserted
  `;
  return inserted;
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
  status: "pending" | "published" | "rejected" | "failed";
  error: string | null;
  error_code: string | null;
  bytes: number;
  source_sha256: string;
  duplicate_of: string | null;
  expired: boolean;
};

export async function find(sql: Sql, owner_id: string, upload_id: string) {
  const [upload] = await sql<Upload[]>`
    select status, error, error_code, bytes, source_sha256, duplicate_of,
           expires_at < now() as expired
    from images
    where image_id = ${upload_id} and owner_id = ${owner_id} and platform = 'web'
  `;
  return upload;
}

/** The owner's published upload of the same bytes. */
export async function findWinner(tx: TransactionSql, owner_id: string, source_sha256: string) {
  const [winner] = await tx<{ image_id: string }[]>`
    select image_id from images
    where owner_id = ${owner_id} and source_sha256 = ${source_sha256} and platform = 'web'
      and status = 'published' and duplicate_of is null
    for share
  `;
  return winner?.image_id;
}

/** Makes a pending upload a duplicate of the winner. Resolves to false when it is no longer pending. */
export async function markDuplicate(tx: TransactionSql, upload_id: string, winner: string) {
  const { count } = await tx`
    update images set status = 'published', duplicate_of = ${winner}, published_at = now()
    where image_id = ${upload_id} and status = 'pending'
  `;
  return count === 1;
}

/** Up to `most` uploads whose time has passed can no longer be completed. */
export function expire(sql: Sql, most: number) {
  return sql`
    update images
    set status = 'rejected', error_code = 'upload.expired',
        error = 'The upload was not completed in time: ask for a new one'
    where image_id in (
      select image_id from images
      where platform = 'web' and status = 'pending' and expires_at < now()
      limit ${most}
      for update skip locked
    )
  `;
}

/** Uploads that are settled and whose URL can no longer write: their incoming objects may go. */
export function withSpentUrls(sql: Sql, most: number) {
  return sql<{ image_id: string }[]>`
    select image_id from images
    where url_expires_at < now() and platform = 'web' and status <> 'pending'
    order by url_expires_at
    limit ${most}
  `;
}

export function forgetUrls(sql: Sql, image_ids: string[]) {
  return sql`update images set url_expires_at = null where image_id in ${sql(image_ids)}`;
}
