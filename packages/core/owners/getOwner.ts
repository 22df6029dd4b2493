import type { Output } from "@keepsake/contract/api";
import { limits } from "@keepsake/contract/limits";
import type { Services } from "../ports.ts";
import { readUsage } from "./usage.sql.ts";

/**
 * What an owner uses and what it may use. Only what is its own counts: a linked Telegram account is an owner
 * of its own.
 */
export async function getOwner(
  { sql, ownerBytes }: Pick<Services, "sql" | "ownerBytes">,
  { owner_id }: { owner_id: string },
): Promise<Output<"getOwner">> {
  return {
    owner: owner_id.slice("user:".length),
    usage: await readUsage(sql, owner_id),
    limits: {
      images: null,
      stored_bytes: ownerBytes || null,
      generated_characters: limits.generated_characters_per_hour,
      outstanding_uploads: limits.outstanding_uploads,
      outstanding_upload_bytes: limits.outstanding_upload_bytes,
      live_upload_urls: limits.live_upload_urls,
      datasets: limits.datasets,
      dataset_items: limits.dataset_items,
      started_exports: limits.exports_per_day,
      started_owner_exports: limits.owner_exports_per_day,
      files,
    },
  };
}

const files = {
  image_bytes: limits.image_bytes,
  image_side_min_px: limits.image_side_min_px,
  image_side_px: limits.image_side_px,
  image_pixels: limits.image_pixels,
  jpeg_pixels: limits.jpeg_pixels,
  avif_pixels: limits.avif_pixels,
  portrait_bytes: limits.portrait_bytes,
  portrait_side_px: limits.portrait_side_px,
};
