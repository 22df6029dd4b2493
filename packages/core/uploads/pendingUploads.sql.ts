import type { UploadMessage } from "@keepsake/contract/messages";
import type { Sql } from "postgres";
import { isStale } from "../isStale.sql.ts";
import { type RetryPolicy, redriveAdvice } from "../retryPolicy.ts";
import { type Upload, uploadColumns } from "./uploads.sql.ts";

/**
 * Uploads that no caller has completed. `retry_at` is when the sweep queues one next: when its URL expires,
 * and when nothing had arrived by then, once more 60 s after the upload expires, because a PUT may take longer
 * than its URL is valid. While it is null the upload is in the queue, or was forgotten by it.
 */
const isPending = (sql: Sql) => sql`platform = 'web' and status = 'pending'`;

/** As in the index images_uploads_due. */
const isDue = (sql: Sql) => sql`
  ${isPending(sql)} and coalesce(retry_at, '-infinity') <= now() and url_expires_at < now()
`;

const lastLook = (sql: Sql) => sql`expires_at + interval '60 seconds'`;

export type PendingUpload = Upload & {
  /** When nothing has arrived now, nothing will. */
  is_last_look: boolean;
};

/** Those of the uploads that are pending, marked as begun. An attempt is counted once the file was read. */
export function begin(sql: Sql, upload_ids: string[], { maxAttempts }: RetryPolicy) {
  return sql<PendingUpload[]>`
    update images set attempted_at = now(), requeues = 0
    where image_id in (
      select image_id from images
      where image_id in ${sql(upload_ids)} and ${isPending(sql)} and attempts < ${maxAttempts}
      order by image_id
      for update
    )
    returning ${uploadColumns(sql)}, ${lastLook(sql)} <= now() as is_last_look
  `;
}

/** Plans the next look for an upload of which nothing has arrived yet. */
export function lookAgain(sql: Sql, upload_id: string) {
  return sql`
    update images
    set retry_at = case when url_expires_at > now() then url_expires_at else ${lastLook(sql)} end
    where image_id = ${upload_id} and ${isPending(sql)}
  `;
}

/**
 * Saves why an upload is not published yet. After the last attempt it is `failed`, and what arrived stays.
 * Resolves to whether its message is done.
 */
export async function postponeOrFail(
  sql: Sql,
  upload_id: string,
  { maxAttempts }: RetryPolicy,
  errors: { pending: string; failed: string },
): Promise<boolean> {
  const isLast = sql`attempts >= ${maxAttempts}`;
  const [upload] = await sql<{ status: string }[]>`
    update images
    set status = case when ${isLast} then 'failed' else 'pending' end,
        error = case when ${isLast} then ${errors.failed} else ${errors.pending} end
    where image_id = ${upload_id} and ${isPending(sql)}
    returning status
  `;
  return upload?.status !== "pending";
}

/** Marks uploads as not in the queue, so that the next sweep sends them. */
export function markUnsent(sql: Sql, messages: UploadMessage[]) {
  return sql`
    update images set queued_at = null, requeues = greatest(0, requeues - 1)
    where image_id in (
      select image_id from images
      where image_id in ${sql(idsOf(messages))} and ${isPending(sql)}
      order by image_id
      for update
    )
  `;
}

/** Marks uploads as failed whose last allowed attempt did not run to its end. What arrived stays. */
export function failExhausted(sql: Sql, { maxAttempts, attemptSeconds }: RetryPolicy) {
  return sql`
    update images
    set status = 'failed',
        error = concat_ws(' ',
          'Gave up after', attempts, 'attempts: the last one did not run to its end.',
          replace(error, ' It is tried again.', ''), ${redriveAdvice}::text)
    where image_id in (
      select image_id from images
      where ${isDue(sql)} and retry_at is null and attempts >= ${maxAttempts}
        and attempted_at < now() - make_interval(secs => ${attemptSeconds})
      order by image_id
      for update
    )
  `;
}

/**
 * Claims up to `limit` uploads that are due for a look, or that are no longer in the queue. Only the latter
 * counts as a requeue. Callers may have tried to complete the upload before: their attempts count as one,
 * which may have stored the image.
 */
export function claimStale(sql: Sql, policy: RetryPolicy, limit: number) {
  return sql<UploadMessage[]>`
    update images
    set queued_at = now(), requeues = requeues + case when retry_at is null then 1 else 0 end,
        attempts = case when retry_at is null then attempts else least(attempts, 1) end,
        retry_at = null
    where image_id in (
      select image_id from images
      where ${isDue(sql)}
        and (retry_at is not null or (attempts < ${policy.maxAttempts} and ${isStale(sql, policy)}))
      order by queued_at nulls first
      limit ${limit}
      for update skip locked
    )
    returning image_id as upload_id
  `;
}

/** Those of the messages that no consumer has begun since they were queued. */
export function findWaiting(sql: Sql, messages: UploadMessage[]) {
  return sql<UploadMessage[]>`
    select image_id as upload_id from images
    where image_id in ${sql(idsOf(messages))} and queued_at is not null
      and coalesce(attempted_at < queued_at, true)
  `;
}

/** For a queue that lost its messages: every upload that was in it counts as not queued and never requeued. */
export function requeueAllPending(sql: Sql) {
  return sql`
    update images set queued_at = null, requeues = 0, attempted_at = null
    where image_id in (
      select image_id from images where ${isPending(sql)} and retry_at is null
      order by image_id for update
    )
  `;
}

const idsOf = (messages: UploadMessage[]) => messages.map(({ upload_id }) => upload_id);
