import type { ErrorCode } from "@keepsake/contract/errors";
import type { RehostMessage } from "@keepsake/contract/messages";
import type { Image } from "@keepsake/contract/schemas";
import type { JSONValue, Sql, TransactionSql } from "postgres";
import { type ImageRow, imageColumns, urlHash } from "../images/images.sql.ts";
import { isStale } from "../isStale.sql.ts";
import type { Platform } from "../ports.ts";
import { type RetryPolicy, redriveAdvice } from "../queueing.ts";

type AnySql = Sql | TransactionSql;

export type NewRehost = {
  image_id: string;
  owner_id: string;
  platform: Platform;
  platform_ref: string;
  source: JSONValue;
  visibility: Image["visibility"];
  /** True when it is not given. */
  keep_prompt?: boolean | undefined;
  /** Of a new image. */
  caption?: string | undefined;
  tags?: string[] | undefined;
};

/**
 * Inserts an image to re-host. An existing row becomes pending again if it failed or was rejected; if it is
 * published it keeps its URL and the new message gets a reply. A pending row, and the same message or URL again,
 * change nothing; nor does a URL of a published image. But the same URL may be tried again, a minute after an attempt
 * for which it could not be fetched. A rejected image gets a new id, because the keys of the old one may be due for
 * erasing, and with it the visibility that is asked for now; every other keeps its own.
 * Resolves to whether there is work to queue.
 */
export async function upsert(sql: AnySql, rehost: NewRehost): Promise<boolean> {
  const { count } = await sql`
    insert into images (image_id, owner_id, platform, platform_ref, source, visibility, keep_prompt, caption, tags,
                        status, queued_at)
    values (${rehost.image_id}, ${rehost.owner_id}, ${rehost.platform}, ${rehost.platform_ref},
            ${sql.json(rehost.source)}, ${rehost.visibility}, ${rehost.keep_prompt ?? true},
            ${rehost.caption ?? null}, array(select jsonb_array_elements_text(${sql.json(rehost.tags ?? [])})),
            'pending', now())
    on conflict (owner_id, platform, platform_ref) do update
    set image_id = case images.status when 'rejected' then excluded.image_id else images.image_id end,
        visibility = case images.status when 'rejected' then excluded.visibility else images.visibility end,
        keep_prompt = excluded.keep_prompt,
        created_at = case images.status when 'rejected' then now() else images.created_at end,
        source = excluded.source, queued_at = now(), requeues = 0, replied_at = null, retry_at = null,
        -- an attempt that failed may have stored the image
        attempts = case images.status when 'failed' then 1 else 0 end,
        reply_attempts = 0, attempted_at = null,
        status = case images.status when 'published' then 'published' else 'pending' end,
        error = null, error_code = null
    where images.status <> 'pending' and case
      when images.status = 'published' and excluded.source ? 'url' then false
      when images.platform = 'url' and (images.status = 'failed' or images.error_code like 'source.%')
        and coalesce(images.attempted_at < now() - interval '1 minute', true) then true
      when images.source ? 'url_sha256'
        then images.source ->> 'url_sha256' <> ${urlHash(sql, sql`excluded.source`)}
      else images.source <> excluded.source
    end
  `;
  return count === 1;
}

/** Lets one request of an owner at a time make an image pending, until its transaction ends. */
export const lockPending = (tx: TransactionSql, { owner_id }: Pick<NewRehost, "owner_id">) =>
  tx`select pg_advisory_xact_lock(hashtextextended(${`pending re-hosts ${owner_id}`}, 0))`;

/** How many images of an owner, of URLs and of Discord, are pending. */
export async function countPending(sql: AnySql, { owner_id }: Pick<NewRehost, "owner_id">) {
  const [{ count }] = await sql<[{ count: number }]>`
    select count(*)::integer as count from images
    where owner_id = ${owner_id} and status = 'pending' and ${isRehost(sql)} and platform <> 'telegram'
  `;
  return count;
}

/**
 * Lets a pending image be fetched from the URL that was sent last, as the one before may have expired, with all its
 * attempts. Resolves to whether it was another URL.
 */
export async function replaceUrl(sql: Sql, rehost: NewRehost) {
  const { count } = await sql`
    update images set source = ${sql.json(rehost.source)}, attempts = least(attempts, 1)
    where owner_id = ${rehost.owner_id} and platform = ${rehost.platform}
      and platform_ref = ${rehost.platform_ref} and status = 'pending'
      and source ? 'url' and source <> ${sql.json(rehost.source)}
  `;
  return count === 1;
}

export type FoundImage = ImageRow | undefined;

/** The image of an owner's file on a platform, as callers see it. */
export async function findByReference(
  sql: Sql,
  { owner_id, platform, platform_ref }: Pick<NewRehost, "owner_id" | "platform" | "platform_ref">,
) {
  const [image]: FoundImage[] = await sql<ImageRow[]>`
    select ${imageColumns(sql)} from images
    where owner_id = ${owner_id} and platform = ${platform} and platform_ref = ${platform_ref}
  `;
  return image;
}

/**
 * The id of an owner's pending image that no worker has begun; with `idleSeconds`, or has begun within that time.
 * Undefined when there is none.
 */
export async function findUnbegun(
  sql: Sql,
  { owner_id, platform, platform_ref }: NewRehost,
  idleSeconds: number | undefined,
) {
  const [image] = await sql<{ image_id: string }[]>`
    select image_id from images
    where owner_id = ${owner_id} and platform = ${platform} and platform_ref = ${platform_ref}
      and status = 'pending' and coalesce(
        attempted_at < now() - make_interval(secs => ${idleSeconds ?? null}), attempted_at is null)
  `;
  return image?.image_id;
}

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
 * Neither uploaded nor sent in a request. Written so that the index images_pending serves it.
 */
const isRehost = (sql: AnySql) => sql`(platform <> 'web' and platform <> 'base64')`;

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

/** A request works on the image. */
const isHeld = (sql: AnySql) => sql`coalesce(held_until > now(), false)`;

/**
 * Claims a pending image for a request, with an attempt counted, so that no consumer works on it for `seconds`.
 * None when another request holds it, a consumer may still be at work, or requests hold `heldImages` of its owner.
 */
export async function hold(
  sql: Sql,
  image_id: string,
  { maxAttempts, attemptSeconds }: RetryPolicy,
  { seconds, heldImages }: { seconds: number; heldImages: number },
) {
  const [image] = await sql.begin(async (tx) => {
    // one request at a time per owner: several at once would all find room
    await tx`
      select pg_advisory_xact_lock(hashtextextended('held re-hosts ' || owner_id, 0))
      from images where image_id = ${image_id}
    `;
    return tx<RehostRow[]>`
      update images
      set attempts = attempts + 1, attempted_at = now(), requeues = 0,
          held_until = now() + make_interval(secs => ${seconds})
      where image_id = ${image_id} and status = 'pending' and attempts < ${maxAttempts}
        and coalesce(attempted_at < now() - make_interval(secs => ${attemptSeconds}), true)
        and not ${isHeld(tx)}
        and ${heldImages} > (
          select count(*) from images other
          where other.owner_id = images.owner_id and status = 'pending' and ${isRehost(tx)} and ${isHeld(tx)}
        )
      returning image_id, platform, source, visibility, status, url, error, replied_at, attempts,
                false as is_replying, attempted_at::text as held_at
    `;
  });
  return image;
}

/** Lets consumers work on an image again, unless another attempt has begun since it was held. */
export const release = (sql: Sql, { image_id, held_at }: Pick<RehostRow, "image_id" | "held_at">) =>
  sql`
    update images set held_until = null
    where image_id = ${image_id} and attempted_at = ${held_at}::text::timestamptz
  `;

export async function isPending(sql: Sql, image_id: string) {
  const [image] = await sql`
    select 1 from images where image_id = ${image_id} and status = 'pending'
  `;
  return image !== undefined;
}

type RehostOutcome = {
  status: Image["status"];
  error: string | null;
  error_code: ErrorCode | null;
  /** A consumer's first attempt may be under way: one that fails saves an error. */
  is_with_consumer: boolean;
};

/** What a request that waited for an image answers. */
export async function findOutcome(
  sql: Sql,
  image_id: string,
  { attemptSeconds }: Pick<RetryPolicy, "attemptSeconds">,
) {
  const [image] = await sql<RehostOutcome[]>`
    select status, error, error_code,
           status = 'pending' and error is null and not ${isHeld(sql)}
             and coalesce(attempted_at > now() - make_interval(secs => ${attemptSeconds}), false)
             as is_with_consumer
    from images where image_id = ${image_id}
  `;
  return image;
}

/** The image is finished, was sent to the bot, and its sender has no reply yet. */
const owesReply = (sql: Sql) => sql`
  status <> 'pending' and replied_at is null and platform = 'telegram' and source ? 'chat_id'
`;

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
