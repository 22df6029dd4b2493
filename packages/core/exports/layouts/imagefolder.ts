import { trainingFormat } from "../trainingFormat.ts";
import { captionWithTrigger } from "./captionWithTrigger.ts";
import type { ExportPlan, ZipEntry } from "./exportPlan.ts";
import { numberOf, pictureFile } from "./numberedFiles.ts";

/**
 * `train/` with pictures and `metadata.jsonl`, for Hugging Face datasets. Every line has a text, because a
 * column must have one type in all metadata files: without a caption it is the trigger word, or empty. A
 * metadata file must have this very name and names the pictures of its own folder, so each of several zips
 * has a folder of its own within `train/`.
 */
export function imagefolderEntries(plan: ExportPlan): ZipEntry[] {
  const { items, trigger_word, fileIndex, fileCount } = plan;
  const folder = fileCount === 1 ? "train/" : `train/${fileIndex + 1}/`;
  const lines = items.map((item) => ({
    file_name: `${numberOf(item)}.${trainingFormat(item.image).extension}`,
    text: captionWithTrigger(item.caption, trigger_word) ?? trigger_word ?? "",
  }));
  return [
    {
      name: `${folder}metadata.jsonl`,
      text: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
    },
    ...items.map((item) => pictureFile(folder, item, item.image)),
  ];
}
