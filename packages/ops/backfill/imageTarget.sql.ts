import type { JSONValue, Sql, TransactionSql } from "postgres";

type Reference = { owner_id: string; platform: "base64" | "url"; platform_ref: string };

/** Of these references, those whose images are published. */
export function findPublished(sql: Sql, references: (Reference & { id: string })[]) {
  return sql<{ id: string; owner_id: string; image_id: string; url: string; bytes: number }[]>`
    select r.id, i.owner_id, i.image_id, i.url, i.bytes
    from jsonb_to_recordset(${sql.json(references)})
        as r (id text, owner_id text, platform text, platform_ref text)
      join images i on i.owner_id = r.owner_id and i.platform = r.platform
        and i.platform_ref = r.platform_ref
    where i.status = 'published'
  `;
}

/**
 * Inserts a pending image, or finds the one of an earlier run; `url` is set when that one is published. No
 * consumer takes it, because only the backfill has its bytes; the sweep removes one that is not finished
 * within an hour, with what was stored of it. One that the audit has marked as failed is pending
 * again; a rejected one gets a new id, because the keys of the old one may be due for erasing.
 */
export async function reserve(
  sql: Sql,
  image: Reference & { image_id: string; source: JSONValue },
) {
  const { image_id, owner_id, platform, platform_ref, source } = image;
  const [reserved] = await sql<[{ image_id: string; url: string | null }]>`
    insert into images (image_id, owner_id, platform, platform_ref, source, status, retry_at, expires_at)
    values (${image_id}, ${owner_id}, ${platform}, ${platform_ref}, ${sql.json(source)}, 'pending',
            ${never}, now() + interval '1 hour')
    on conflict (owner_id, platform, platform_ref) do update
    set image_id = case images.status when 'rejected' then excluded.image_id else images.image_id end,
        status = case images.status when 'published' then 'published' else 'pending' end,
        retry_at = case images.status when 'published' then null else excluded.retry_at end,
        expires_at = excluded.expires_at, error = null, error_code = null
    returning image_id, url
  `;
  return reserved;
}

/** Removes the event that the transaction has written of an image. */
export function removeEvent(tx: TransactionSql, image_id: string) {
  return tx`
    delete from events
    where subject_id = ${image_id} and type = 'image.published' and status = 'pending'
  `;
}

/** When the sweep would queue it. Not `infinity`, which is no date in JavaScript. */
const never = "9999-12-31T00:00:00Z";
