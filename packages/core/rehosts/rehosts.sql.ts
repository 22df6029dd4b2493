import type { Image } from "@keepsake/contract/schemas";
import type { JSONValue, Sql } from "postgres";
import type { Staleness } from "../portraits/portraits.sql.ts";
import type { TelegramSource } from "../telegram/parseUpdate.ts";

export type NewRehost = {
  image_id: string;
  owner_id: string;
  platform: "telegram" | "discord";
  platform_ref: string;
  source: JSONValue;
};

/**
 * Notes an image to re-host. One that failed is pending again with the new source; a published one keeps
 * its URL and owes a reply to the new message; a pending one, and the same message again, change nothing.
 * Resolves to whether there is something to do.
 */
export async function request(sql: Sql, rehost: NewRehost): Promise<boolean> {
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
    select image_id, platform, status, url, content_type, bytes, width, height, sha256, thumbhash,
           filename, error, created_at
    from images
    where owner_id = ${owner_id} and platform = ${platform} and platform_ref = ${platform_ref}
  `;
  return image;
}

export type RehostRow = {
  image_id: string;
  platform: "telegram" | "discord";
  source: Record<string, string> | TelegramSource;
  status: Image["status"];
  url: string | null;
  error: string | null;
};

/** Those of the images that are still to be fetched or whose sender is still owed a reply. */
export function findUnfinished(sql: Sql, image_ids: string[]) {
  return sql<RehostRow[]>`
    select image_id, platform, source, status, url, error from images
    where image_id in ${sql(image_ids)} and platform <> 'web'
      and (status = 'pending' or (replied_at is null and status in ('published', 'rejected')))
  `;
}

/** Notes that a sender was told. Who sent the image again meanwhile is still owed an answer. */
export function markReplied(
  sql: Sql,
  { image_id, source }: Pick<RehostRow, "image_id" | "source">,
) {
  return sql`
    update images set replied_at = now(), retry_at = null
    where image_id = ${image_id} and source = ${sql.json(source)}
  `;
}

/** Notes why an image is not there yet and, if the platform said so, when to ask again. */
export function postpone(sql: Sql, image_id: string, error: string, seconds: number | undefined) {
  return sql`
    update images
    set error = case status when 'pending' then ${error} else error end,
        retry_at = now() + make_interval(secs => ${seconds ?? null})
    where image_id = ${image_id}
  `;
}

export function markUnsent(sql: Sql, image_ids: string[]) {
  return sql`
    update images set queued_at = null, requeues = greatest(0, requeues - 1)
    where image_id in ${sql(image_ids)} and platform <> 'web'
  `;
}

/** Gives up images that were re-queued often enough and are stale again. */
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
 * Takes up to `most` images that no queue holds any more, and those that a platform asked us to come
 * back for. Waiting for a platform does not count as a round.
 */
export function claimStale(sql: Sql, { staleAfterSeconds, maxRequeues }: Staleness, most: number) {
  return sql<{ image_id: string }[]>`
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
      limit ${most}
      for update skip locked
    )
    returning image_id
  `;
}

/** Every unfinished image counts as not queued and not yet retried: its queue lost all it held. */
export function requeueAllPending(sql: Sql) {
  return sql`
    update images set queued_at = null, requeues = 0 where status = 'pending' and platform <> 'web'
  `;
}
