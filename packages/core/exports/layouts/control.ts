import { captionWithTrigger } from "./captionWithTrigger.ts";
import type { ExportPlan, ZipEntry } from "./exportPlan.ts";
import { captionFile, numberOf, pictureFile } from "./numberedFiles.ts";

/**
 * `dataset/` with the pictures and captions to learn, and `control/` with the picture that each is made of,
 * under the same number: ai-toolkit's `folder_path` and `control_path`. Throws when an item has no control
 * image.
 */
export function controlEntries({ items, trigger_word }: ExportPlan): ZipEntry[] {
  return items.flatMap((item) => {
    if (!item.control) throw new Error(`Item ${numberOf(item)} has no control image`);
    return [
      pictureFile("dataset/", item, item.image),
      ...captionFile("dataset/", item, captionWithTrigger(item.caption, trigger_word)),
      pictureFile("control/", item, item.control),
    ];
  });
}
