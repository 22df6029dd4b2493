import type { Image } from "@keepsake/contract/schemas";
import type { JSONValue, Sql, TransactionSql } from "postgres";
import { type ImageRow, imageColumns, urlHash } from "../images/images.sql.ts";
import type { Platform } from "../ports.ts";
import { isRehost } from "./rehostConditions.sql.ts";

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
