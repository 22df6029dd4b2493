import type { RehostMessage } from "@keepsake/contract/messages";
import type { Sql } from "postgres";
import { isStale } from "../isStale.sql.ts";
import { type RetryPolicy, redriveAdvice } from "../retryPolicy.ts";
import { isRehost, owesReply } from "./rehostConditions.sql.ts";

/** Marks images as not in the queue, so that the next sweep sends them. */
export function markUnsent(sql: Sql, messages: RehostMessage[]) {
  const image_ids = messages.map(({ image_id }) => image_id);
  return sql`
    update images set queued_at = null, requeues = greatest(0, requeues - 1)
    where image_id in (
      select image_id from images
      where image_id in ${sql(image_ids)} and ${isRehost(sql)}
      order by image_id
      for update
    )
  `;
}

/**
 * Marks images as failed whose last allowed attempt did not run to its end. Their senders get a reply next:
 * the rows count as not queued.
 */
export function failExhausted(sql: Sql, { maxAttempts, attemptSeconds }: RetryPolicy) {
  return sql`
    update images
    set status = 'failed', queued_at = null, requeues = 0,
        error = concat_ws(' ',
          'Gave up after', attempts, 'attempts: the last one did not run to its end.',
          replace(error, ' It is tried again.', ''), ${redriveAdvice}::text)
    where image_id in (
      select image_id from images
      where status = 'pending' and ${isRehost(sql)} and attempts >= ${maxAttempts}
        and retry_at is null and attempted_at < now() - make_interval(secs => ${attemptSeconds})
      order by image_id
      for update
    )
  `;
}

/**
 * Claims up to `limit` images that are pending, or whose sender is owed a reply, and that are no longer in
 * the queue; and those whose platform asked to be tried again by now. Waiting for a platform does not count
 * as a requeue. However long an image waits, it is claimed again.
 */
export function claimStale(sql: Sql, policy: RetryPolicy, limit: number) {
  const { maxAttempts } = policy;
  const stale = isStale(sql, policy);
  return sql<RehostMessage[]>`
    update images
    set queued_at = now(), requeues = requeues + case when retry_at is null then 1 else 0 end,
        retry_at = null
    where image_id in (
      select image_id from images
      where (${isRehost(sql)} and retry_at <= now())
         or (${isRehost(sql)} and retry_at is null and status = 'pending'
             and attempts < ${maxAttempts} and ${stale})
         or (${owesReply(sql)} and retry_at is null
             and reply_attempts < ${maxAttempts} and ${stale})
      order by queued_at nulls first
      limit ${limit}
      for update skip locked
    )
    returning image_id
  `;
}

/** Those of the messages that no consumer has begun since they were queued. */
export function findWaiting(sql: Sql, messages: RehostMessage[]) {
  const image_ids = messages.map(({ image_id }) => image_id);
  return sql<RehostMessage[]>`
    select image_id from images
    where image_id in ${sql(image_ids)} and queued_at is not null
      and coalesce(attempted_at < queued_at, true)
  `;
}

/**
 * For a queue that lost its messages: every pending image, and every one whose sender is owed a reply,
 * counts as not queued and never requeued.
 */
export function requeueAllPending(sql: Sql) {
  return sql`
    update images set queued_at = null, requeues = 0, attempted_at = null
    where image_id in (
      select image_id from images
      where (status = 'pending' and ${isRehost(sql)}) or ${owesReply(sql)}
      order by image_id
      for update
    )
  `;
}
