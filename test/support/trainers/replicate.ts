import { readZip } from "../exports/readZip.ts";
import { type Folder, withoutExtension } from "../exports/unpackZips.ts";
import { injectTrigger, type TrainedImage } from "./aiToolkit.ts";

type Input = { trigger_word?: string; autocaption?: boolean };

/**
 * What replicate/flux-fine-tuner (commit 3dd14e3) trains on: the files of the zip but those of macOS
 * (train.py:474 to 486); a caption by LLaVA for each picture without a text file when `autocaption` is set
 * (train.py:370; caption.py:104 to 130); then ai-toolkit at bedb819, which makes a list of commas of every
 * caption (toolkit/dataloader_mixins.py:86 to 96, 306 to 337) and puts the trigger word in (prompt_utils.py:528
 * to 561).
 */
export function readAsReplicate(
  zip: Buffer,
  { trigger_word = "TOK", autocaption = true }: Input = {},
): TrainedImage[] {
  const folder: Folder = new Map();
  for (const { name, bytes } of readZip(zip))
    if (!name.startsWith("__MACOSX/") && !name.startsWith("._")) folder.set(name, bytes);
  const paths = [...folder.keys()].filter((path) => /\.(jpg|jpeg|png|webp)$/i.test(path));
  return paths.map((path) => {
    const file = folder.get(`${withoutExtension(path)}.txt`)?.toString("utf8");
    const text = file ?? (autocaption ? writtenByLlava : "");
    return { image: folder.get(path)!, caption: injectTrigger(cleaned(text), trigger_word) };
  });
}

/** Stands in for the captions that Replicate's trainer writes. */
export const writtenByLlava = "A caption by LLaVA";

const cleaned = (caption: string) =>
  caption
    .replaceAll(/[\n\r]/g, ", ")
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean)
    .join(", ");
