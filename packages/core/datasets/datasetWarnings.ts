import type { DatasetWarning } from "@keepsake/contract/api/datasets";
import { limits } from "@keepsake/contract/limits";
import type { CheckedItem } from "./datasetItems.sql.ts";

/** What may make these items bad for training, each kind once. */
export function datasetWarnings(items: CheckedItem[]): DatasetWarning[] {
  const timesStored = new Map<string, number>();
  for (const { sha256 } of items) timesStored.set(sha256, (timesStored.get(sha256) ?? 0) + 1);

  const few: DatasetWarning = { code: "few_images", count: items.length, image_ids: [] };
  const about = (code: DatasetWarning["code"], concerns: (item: CheckedItem) => boolean) => {
    const ids = items.filter(concerns).map(({ image_id }) => image_id);
    return { code, count: ids.length, image_ids: ids.slice(0, limits.page_size) };
  };
  const warnings = [
    about("small_images", ({ width, height }) => Math.min(width, height) < fewestPixels),
    about("duplicate_images", ({ sha256 }) => timesStored.get(sha256)! > 1),
    about("captions_missing", ({ has_caption }) => !has_caption),
    about("different_proportions", hasOtherProportions),
  ];
  return [
    ...(items.length < fewestImages ? [few] : []),
    ...warnings.filter(({ count }) => count > 0),
  ];
}

const fewestImages = 10;
/** A side of an image that most trainers scale up. */
const fewestPixels = 512;

/** Whether an image and its control image differ by more than 1 %. */
function hasOtherProportions({ width, height, control_width, control_height }: CheckedItem) {
  if (control_width === null || control_height === null) return false;
  const [own, control] = [width * control_height, control_width * height];
  return Math.max(own, control) > 1.01 * Math.min(own, control);
}
