import { defaultRepeats } from "@keepsake/contract/exportLayouts";
import { captionWithTrigger } from "./captionWithTrigger.ts";
import type { ExportPlan, ZipEntry } from "./exportPlan.ts";
import { captionFile, pictureFile } from "./numberedFiles.ts";
import { safeFolderName } from "./safeFolderName.ts";

/**
 * A folder `{repeats}_{trigger} {class}` with pictures and captions, for sd-scripts. It reads only the first
 * line of a caption, so a caption is one line. An image without a caption has no text file: an empty one
 * would end the training, and without one the folder's `{trigger} {class}` is the caption. The trigger word
 * is the first of the caption's tags, where `--keep_tokens 1` keeps it when tags are shuffled.
 */
export function kohyaEntries({ items, trigger_word, options }: ExportPlan): ZipEntry[] {
  const words = [trigger_word, options.class].filter(Boolean).join(" ");
  const folder = `${safeFolderName(`${options.repeats ?? defaultRepeats}_`, words)}/`;
  return items.flatMap((item) => {
    const text = captionWithTrigger(item.caption, trigger_word, tags);
    return [pictureFile(folder, item, item.image), ...captionFile(folder, item, text)];
  });
}

const tags = { isOneLine: true, separator: ", " };
