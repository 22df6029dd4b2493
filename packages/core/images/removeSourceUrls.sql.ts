import type { Sql } from "postgres";
import { urlHash } from "./images.sql.ts";

/**
 * Removes the URLs of up to `limit` published or rejected images, which the previous release keeps. Of a rejected
 * image a hash stays, which tells a new URL from the same one. Resolves to the number of images. To be removed in the
 * next release, with the index `images_with_old_url`.
 */
export async function removeSourceUrls(sql: Sql, limit: number): Promise<number> {
  const { count } = await sql`
    update images
    set source = (source - 'url') || case when status = 'rejected'
      then jsonb_build_object('url_sha256', ${urlHash(sql, sql`source`)}) else '{}' end
    where image_id in (
      select image_id from images
      where status in ('published', 'rejected') and source ? 'url'
      order by image_id
      limit ${limit}
      for update skip locked
    )
  `;
  return count;
}
