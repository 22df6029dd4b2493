import { trainingFormat } from "../trainingFormat.ts";
import { captionWithTrigger } from "./captionWithTrigger.ts";
import type { ExportPlan, ZipEntry } from "./exportPlan.ts";
import { captionFile, numberOf, pictureFile } from "./numberedFiles.ts";

/**
 * `0001.png` and `0001.txt` beside each other, for Replicate, fal and ai-toolkit. An image without a caption
 * has no text file: Replicate and fal then write a caption themselves, ai-toolkit takes `default_caption`.
 * `manifest.json` says which image each file is; these trainers ignore it.
 */
export function pairsEntries(plan: ExportPlan): ZipEntry[] {
  const { items, trigger_word, fileIndex, fileCount } = plan;
  const captioned = items.map((item) => ({
    item,
    text: captionWithTrigger(item.caption, trigger_word),
  }));
  const manifest = {
    layout: "pairs",
    trigger_word,
    items: captioned.map(({ item, text }) => ({
      file_name: `${numberOf(item)}.${trainingFormat(item.image).extension}`,
      text: text ?? null,
      image_id: item.image.image_id,
    })),
  };
  return [
    ...captioned.flatMap(({ item, text }) => [
      pictureFile("", item, item.image),
      ...captionFile("", item, text),
    ]),
    {
      name: fileCount === 1 ? "manifest.json" : `manifest-${fileIndex + 1}.json`,
      text: `${JSON.stringify(manifest, null, 2)}\n`,
    },
  ];
}
