import type { Image } from "@keepsake/contract/schemas";
import type { Sql } from "postgres";
import type { Platform } from "../ports.ts";
import type { RetryPolicy } from "../retryPolicy.ts";
import { isHeld, isRehost, owesReply } from "./rehostConditions.sql.ts";

/** Where a Telegram image came from. Never a URL: those contain the bot's token. */
export type TelegramSource = { file_id: string; chat_id: number; message_id: number };

export type RehostRow = {
  image_id: string;
  platform: Platform;
  source: Record<string, string> | TelegramSource;
  visibility: Image["visibility"];
  status: Image["status"];
  url: string | null;
  error: string | null;
  replied_at: string | null;
  /** To publish the image, this one included. */
  attempts: number;
  /** True while another worker is about to reply. */
  is_replying: boolean;
  /** When the attempt of a request began, which tells its hold from another one's; null for a consumer's attempt. */
  held_at: string | null;
};

/**
 * Those of the images that are not downloaded yet, or whose sender is owed a reply, each with an attempt
 * counted before the work: a process that dies has tried. One worker at a time replies.
 */
export function claim(sql: Sql, image_ids: string[], { maxAttempts, attemptSeconds }: RetryPolicy) {
  return sql<RehostRow[]>`
    with claimed as (
      select image_id, status <> 'pending' and coalesce(
               attempted_at > now() - make_interval(secs => ${attemptSeconds}), false) as is_replying
      from images
      where image_id in ${sql(image_ids)} and ${isRehost(sql)} and (
        (status = 'pending' and attempts < ${maxAttempts} and not ${isHeld(sql)})
        or (${owesReply(sql)} and reply_attempts < ${maxAttempts})
      )
      order by image_id
      for update
    )
    update images i
    set attempts = i.attempts + case when i.status = 'pending' then 1 else 0 end,
        reply_attempts = i.reply_attempts
          + case when i.status = 'pending' or claimed.is_replying then 0 else 1 end,
        attempted_at = case when claimed.is_replying then i.attempted_at else now() end,
        requeues = 0
    from claimed
    where i.image_id = claimed.image_id
    returning i.image_id, i.platform, i.source, i.visibility, i.status, i.url, i.error, i.replied_at, i.attempts,
              claimed.is_replying, null as held_at
  `;
}

/**
 * Those of the images that `claim` would take and that were tried before, fewest attempts first, and those that
 * a request holds.
 */
export function findTried(sql: Sql, image_ids: string[], { maxAttempts }: RetryPolicy) {
  return sql<{ image_id: string; is_held: boolean }[]>`
    select image_id, status = 'pending' and ${isHeld(sql)} as is_held from images
    where image_id in ${sql(image_ids)} and ${isRehost(sql)} and (
      (status = 'pending' and attempts between 1 and ${maxAttempts - 1})
      or (${owesReply(sql)} and reply_attempts between 1 and ${maxAttempts - 1})
    )
    order by attempts + reply_attempts, image_id
  `;
}

export async function isPending(sql: Sql, image_id: string) {
  const [image] = await sql`
    select 1 from images where image_id = ${image_id} and status = 'pending'
  `;
  return image !== undefined;
}

/** Marks the sender as replied to, unless the image was sent again in the meantime. */
export function markReplied(
  sql: Sql,
  { image_id, source }: Pick<RehostRow, "image_id" | "source">,
) {
  return sql`
    update images set replied_at = now(), retry_at = null
    where image_id = ${image_id} and source = ${sql.json(source)}
  `;
}

/**
 * Saves why an image is not published, or its sender has no reply, yet. When the platform said when to try
 * again, that is saved too; unless `isCounted` the attempt does not count. A request saves nothing when another
 * attempt has begun since: its function may have been frozen.
 */
export function postpone(
  sql: Sql,
  { image_id, held_at }: Pick<RehostRow, "image_id" | "held_at">,
  error: string,
  { seconds, isCounted }: { seconds: number | undefined; isCounted: boolean },
) {
  const uncounted = isCounted ? 0 : 1;
  return sql`
    update images
    set error = case status when 'pending' then ${error} else error end,
        retry_at = now() + make_interval(secs => ${seconds ?? null}),
        attempts = greatest(0, attempts - case status when 'pending' then ${uncounted}::integer else 0 end),
        reply_attempts = greatest(0, reply_attempts
                                     - case status when 'pending' then 0 else ${uncounted}::integer end),
        attempted_at = case status when 'pending' then attempted_at end
    where image_id = ${image_id} and coalesce(attempted_at = ${held_at}::text::timestamptz, ${held_at === null})
  `;
}

/** Marks a pending image as failed. Resolves to false when it is no longer pending, or has another source now. */
export async function markFailed(
  sql: Sql,
  { image_id, source }: Pick<RehostRow, "image_id" | "source">,
  error: string,
) {
  const { count } = await sql`
    update images set status = 'failed', retry_at = null, error = ${error}
    where image_id = ${image_id} and status = 'pending' and source = ${sql.json(source)}
  `;
  return count === 1;
}
