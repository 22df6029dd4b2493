import type { RehostMessage } from "@keepsake/contract/messages";
import type { Image } from "@keepsake/contract/schemas";
import type { JSONValue, Sql } from "postgres";
import { imageColumns } from "../images/images.sql.ts";
import type { Staleness } from "../queueing.ts";

export type NewRehost = {
  image_id: string;
  owner_id: string;
  platform: "telegram" | "discord";
  platform_ref: string;
  source: JSONValue;
};

/**
 * Inserts an image to re-host. An existing row becomes pending again if it failed; if it is published it
 * keeps its URL and the new message gets a reply. A pending row, and the same message again, change
 * nothing. Resolves to whether there is work to queue.
 */
export async function upsert(sql: Sql, rehost: NewRehost): Promise<boolean> {
  const { count } = await sql`
    insert into images (image_id, owner_id, platform, platform_ref, source, status, queued_at)
    values (${rehost.image_id}, ${rehost.owner_id}, ${rehost.platform}, ${rehost.platform_ref},
            ${sql.json(rehost.source)}, 'pending', now())
    on conflict (owner_id, platform, platform_ref) do update
    set source = excluded.source, queued_at = now(), requeues = 0, replied_at = null, retry_at = null,
        status = case images.status when 'published' then 'published' else 'pending' end,
        error = null, error_code = null
    where images.status <> 'pending' and images.source <> excluded.source
  `;
  return count === 1;
}

/** The image of an owner's file on a platform, as callers see it. */
export async function findByReference(sql: Sql, { owner_id, platform, platform_ref }: NewRehost) {
  const [image] = await sql<[Image]>`
    select ${imageColumns(sql)} from images
    where owner_id = ${owner_id} and platform = ${platform} and platform_ref = ${platform_ref}
  `;
  return image;
}

/** Where a Telegram image came from. Never a URL: those contain the bot's token. */
export type TelegramSource = { file_id: string; chat_id: number; message_id: number };

export type RehostRow = {
  image_id: string;
  platform: "telegram" | "discord";
  source: Record<string, string> | TelegramSource;
  status: Image["status"];
  url: string | null;
  error: string | null;
};

/** Those of the images that are not downloaded yet, or whose sender has no reply yet. */
export function findUnfinished(sql: Sql, image_ids: string[]) {
  return sql<RehostRow[]>`
    select image_id, platform, source, status, url, error from images
    where image_id in ${sql(image_ids)} and platform <> 'web'
      and (status = 'pending' or (replied_at is null and status in ('published', 'rejected')))
  `;
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

/** Saves why an image is not published yet and, if the platform said so, when to try again. */
export function postpone(sql: Sql, image_id: string, error: string, seconds: number | undefined) {
  return sql`
    update images
    set error = case status when 'pending' then ${error} else error end,
        retry_at = now() + make_interval(secs => ${seconds ?? null})
    where image_id = ${image_id}
  `;
}

/** Marks images as not in the queue, so that the next sweep sends them. */
export function markUnsent(sql: Sql, messages: RehostMessage[]) {
  const image_ids = messages.map(({ image_id }) => image_id);
  return sql`
    update images set queued_at = null, requeues = greatest(0, requeues - 1)
    where image_id in ${sql(image_ids)} and platform <> 'web'
  `;
}

/** Marks images as failed that are stale again after the last allowed requeue. */
export function failExhausted(sql: Sql, { staleAfterSeconds, maxRequeues }: Staleness) {
  return sql`
    update images
    set status = 'failed', retry_at = null,
        error = concat('Gave up after ', requeues, ' more rounds. ', error)
    where status = 'pending' and platform <> 'web' and requeues >= ${maxRequeues}
      and retry_at is null and queued_at < now() - make_interval(secs => ${staleAfterSeconds})
  `;
}

/**
 * Claims up to `limit` images that are no longer in the queue, and those whose platform asked to be tried
 * again by now. Waiting for a platform does not count as a requeue.
 */
export function claimStale(sql: Sql, { staleAfterSeconds, maxRequeues }: Staleness, limit: number) {
  return sql<RehostMessage[]>`
    update images
    set queued_at = now(), requeues = requeues + case when retry_at is null then 1 else 0 end,
        retry_at = null
    where image_id in (
      select image_id from images
      where platform <> 'web' and (
        retry_at <= now()
        or (retry_at is null and status = 'pending' and (
          queued_at is null
          or (queued_at < now() - make_interval(secs => ${staleAfterSeconds})
              and requeues < ${maxRequeues})
        ))
      )
      order by queued_at nulls first
      limit ${limit}
      for update skip locked
    )
    returning image_id
  `;
}

/** For a queue that lost its messages: every pending image counts as not queued and never retried. */
export function requeueAllPending(sql: Sql) {
  return sql`
    update images set queued_at = null, requeues = 0 where status = 'pending' and platform <> 'web'
  `;
}
