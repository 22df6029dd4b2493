import type { Output } from "@keepsake/contract/api";
import { everything } from "@keepsake/contract/exportLayouts";
import type { Sql } from "postgres";

type Usage = Output<"getOwner">["usage"];

/**
 * What an owner uses of what is limited, as the limits count it. Reads the rows that an owner may have at once
 * of each kind, and of images and bytes a sum and the changes since the last sweep: it takes no longer for an
 * owner with more images.
 */
export async function readUsage(sql: Sql, owner_id: string): Promise<Usage> {
  const [usage] = await sql<[Usage]>`
    select stored.images, stored.bytes as stored_bytes,
           generated.characters as generated_characters,
           pending.uploads as outstanding_uploads,
           pending.bytes as outstanding_upload_bytes,
           live.urls as live_upload_urls,
           sets.datasets, exporting.of_datasets as started_exports, exporting.of_everything as started_owner_exports
    from (
      select coalesce(sum(images), 0)::float8 as images, coalesce(sum(bytes), 0)::float8 as bytes
      from owner_totals where owner_id = ${owner_id}
    ) stored, (
      select coalesce(sum(characters), 0)::integer as characters from generations
      where owner_id = ${owner_id} and created_at > now() - interval '1 hour'
    ) generated, (
      select count(*)::integer as uploads, coalesce(sum(bytes), 0)::float8 as bytes from images
      where owner_id = ${owner_id} and platform = 'web' and status = 'pending'
        and url_expires_at > now()
    ) pending, (
      select count(*)::integer as urls from upload_urls
      where owner_id = ${owner_id} and expires_at > now()
    ) live, (
      select count(*)::integer as datasets from datasets where owner_id = ${owner_id}
    ) sets, (
      select count(*) filter (where layout <> ${everything})::integer as of_datasets,
             count(*) filter (where layout = ${everything})::integer as of_everything
      from exports
      where owner_id = ${owner_id} and created_at > now() - interval '24 hours'
    ) exporting
  `;
  return usage;
}
